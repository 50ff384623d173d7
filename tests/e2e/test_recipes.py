"""Recipes of `reflowlog/integrations/README.md`, each with the real framework; skipped where it is missing."""

from __future__ import annotations

import importlib.util
import json
import re
import signal
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support.terminals import PYTHON, TIMEOUT, environment, wait_for

import reflowlog

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(reflowlog.__file__).parent / "integrations" / "README.md"
ROOT = Path(reflowlog.__file__).parent.parent
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}"


def recipe(title: str) -> str:
    """Return the example of a section."""
    section = PAGE.read_text().partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    return section.partition("```python\n")[2].partition("```")[0]


def needs(*modules: str) -> pytest.MarkDecorator:
    """Skip a test, with the reason, where a module is not installed."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program_environment(**changes: str) -> dict[str, str]:
    """Return the environment of a program that imports this package."""
    return environment(PYTHONPATH=str(ROOT), PYTHONWARNINGS="ignore", **changes)


def run(*command: str, cwd: Path, status: int = 0) -> str:
    """Run a command to its end; return its output with its errors."""
    done = subprocess.run(
        [PYTHON, *command],
        cwd=cwd,
        env=program_environment(IPYTHONDIR=str(cwd)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == status, done.stdout
    return done.stdout


@contextmanager
def server(*command: str, cwd: Path, port: int) -> Iterator[list[str]]:
    """Run a web server, ask it for `/` once it answers, and end it; the list then holds its lines."""
    lines: list[str] = []
    with (cwd / "shown").open("w+") as shown:
        process = subprocess.Popen([PYTHON, *command], cwd=cwd, env=program_environment(), stderr=shown, stdout=shown)
        try:
            deadline = time.monotonic() + TIMEOUT
            while True:
                try:
                    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=TIMEOUT) as answer:
                        assert answer.status == 200
                    break
                except OSError:
                    assert process.poll() is None, (cwd / "shown").read_text()
                    assert time.monotonic() < deadline
                    time.sleep(0.05)
            wait_for(lambda: "GET / HTTP/1.1" in (cwd / "shown").read_text())
            yield lines
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(TIMEOUT)
        lines += (cwd / "shown").read_text().splitlines()


def check_columns(lines: list[str], *messages: str) -> None:
    """Each message is once in a line of columns, and nothing is shown of what frameworks attach."""
    for message in messages:
        assert sum(bool(re.search(message, line)) for line in lines) == 1, (message, lines)
    assert all(re.match(TIME, line) for line in lines if re.search("|".join(messages), line))
    assert not any(f"{name}=" in line for line in lines for name in ("color_message", "request", "server_time", "data"))


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [(), ("-p", "no:logging", "-k", "not caplog"), ("-n", "2")])
def test_pytest(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """Records of passing tests do not leak into the progress line; capsys, caplog and xdist work."""
    if "-n" in arguments and importlib.util.find_spec("xdist") is None:
        pytest.skip("not installed: xdist")
    (tmp_path / "test_recipe.py").write_text(recipe("pytest"))
    output = run("-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments, "test_recipe.py", cwd=tmp_path)
    assert re.search(r"[23] passed", output)
    assert "not seen" not in output


SUITE = """
import logging, sys
import pytest, reflowlog

@pytest.fixture(autouse=True)
def code_under_test():
    reflowlog.install()

@pytest.mark.parametrize("number", range(4))
def test_passes(number):
    logging.error("record of a test that passes")
    print("text of a test that passes")

def test_capsys(capsys):
    logging.warning("a record")
    print("a text")
    printed = capsys.readouterr()
    assert printed.out == "a text\\n"
    assert printed.err.endswith("a record\\n")

def test_capfd(capfd):
    logging.warning("a record")
    assert capfd.readouterr().err.endswith("a record\\n")

def test_caplog(caplog):
    with caplog.at_level("DEBUG"):
        logging.debug("a detail")
    assert caplog.messages == ["a detail"]

def test_fails():
    logging.error("record of the test that " + "fails")
    print("text of the test that " + "fails")
    print("error of the test that " + "fails", file=sys.stderr)
    assert False
"""


@pytest.mark.slow
@pytest.mark.parametrize("captures", [(), ("-s",), ("--capture=sys",)], ids=["fd", "no capture", "sys"])
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "xdist"])
def test_a_suite_whose_code_installs_the_handler(
    tmp_path: Path, captures: tuple[str, ...], workers: tuple[str, ...]
) -> None:
    """Each record is reported with its test, under the stream that it was written to, and nowhere else."""
    if workers and importlib.util.find_spec("xdist") is None:
        pytest.skip("not installed: xdist")
    (tmp_path / "test_suite.py").write_text(SUITE)
    with (tmp_path / "errors").open("w+") as errors:
        done = subprocess.run(
            [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", *captures, *workers, "test_suite.py"],
            cwd=tmp_path,
            env=program_environment(),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    output, written = done.stdout, (tmp_path / "errors").read_text()
    assert re.search("1 failed, 7 passed", output), output
    assert len(re.findall(r"root:test_suite\.py:\d+ record of the test that fails", output)) == 1
    if "-s" in captures:
        assert written.count("record of a test that passes") == 4
        assert written.count("root record of the test that fails") == 1
        assert "Captured std" not in output
    else:
        sections = re.split(r"^-+ Captured (\w+) call -+$", output, flags=re.MULTILINE)
        texts = dict(zip(sections[1::2], sections[2::2], strict=True))
        assert texts["stdout"] == "\ntext of the test that fails\n"
        assert re.fullmatch(
            rf"\n{TIME} ERROR +root record of the test that fails\nerror of .* fails\n", texts["stderr"]
        )
        assert "of a test that passes" not in output + written


@needs("fastapi", "uvicorn")
def test_uvicorn_with_fastapi(tmp_path: Path) -> None:
    """The server's and the access log's records are in columns."""
    port = free_port()
    (tmp_path / "app.py").write_text(recipe("FastAPI and uvicorn").replace("PORT", str(port)))
    with server("app.py", cwd=tmp_path, port=port) as lines:
        pass
    check_columns(lines, "Started server process", '"GET / HTTP/1.1" 200', "Finished server process")


@needs("gunicorn")
def test_gunicorn(tmp_path: Path) -> None:
    """Records of the master and of its workers are in columns."""
    port = free_port()
    (tmp_path / "gunicorn.conf.py").write_text(recipe("gunicorn"))
    (tmp_path / "app.py").write_text(
        "import logging\n"
        "def app(environ, start_response):\n"
        "    logging.getLogger('app').info('in a worker')\n"
        "    start_response('200 OK', [])\n"
        "    return [b'hello']\n"
    )
    with server("-m", "gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}", "app:app", cwd=tmp_path, port=port) as lines:
        pass
    check_columns(lines, "Starting gunicorn", "in a worker", "GET / HTTP/1.1")


@needs("django")
def test_django_runserver(tmp_path: Path) -> None:
    """The access log of runserver is one line a request."""
    port = free_port()
    (tmp_path / "settings.py").write_text(
        recipe("Django")
        + "\nSECRET_KEY = 'x'\nDEBUG = True\nROOT_URLCONF = 'urls'\nALLOWED_HOSTS = ['*']\nINSTALLED_APPS = []\n"
    )
    (tmp_path / "urls.py").write_text(
        "from django.http import HttpResponse\n"
        "from django.urls import path\n"
        "urlpatterns = [path('', lambda request: HttpResponse('hello'))]\n"
    )
    command = ("-m", "django", "runserver", "--noreload", "--settings=settings", "--pythonpath=.", str(port))
    with server(*command, cwd=tmp_path, port=port) as lines:
        pass
    check_columns(lines, '"GET / HTTP/1.1" 200')


@pytest.mark.slow
@needs("celery")
def test_celery(tmp_path: Path) -> None:
    """Records of the worker and of its pool's processes are one line each."""
    (tmp_path / "app.py").write_text(
        recipe("Celery").replace('"memory://"', '"filesystem://"')
        + "folders = dict.fromkeys(('data_folder_in', 'data_folder_out', 'control_folder'), 'queue')\n"
        "app.conf.broker_transport_options = folders\n"
        "import logging\n"
        "@app.task(name='greet')\n"
        "def greet():\n"
        "    logging.getLogger('app').info('in a task')\n"
        "    app.control.shutdown()\n"
    )
    (tmp_path / "queue").mkdir()
    run("-c", "import app; app.greet.delay()", cwd=tmp_path)
    command = (
        "-m",
        "celery",
        "-A",
        "app",
        "worker",
        "-c",
        "1",
        "--pool",
        "prefork",
        "--without-gossip",
        "--without-mingle",
    )
    process = subprocess.Popen(
        [PYTHON, *command],
        cwd=tmp_path,
        env=program_environment(C_FORCE_ROOT="1"),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    assert process.stderr is not None
    lines: list[str] = []
    try:
        for line in process.stderr:
            lines.append(line.decode().rstrip("\n"))
            if "succeeded in" in lines[-1]:
                process.send_signal(signal.SIGTERM)
        process.wait(TIMEOUT)
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
    check_columns(lines, "in a task", "succeeded in", r"greet\[.* received")


@needs("nbclient", "ipykernel", "nbformat")
def test_jupyter(tmp_path: Path) -> None:
    """Each record is under the cell that logs it."""
    (tmp_path / "run.py").write_text(
        "import json, nbclient, nbformat\n"
        "cells = [nbformat.v4.new_code_cell(source) for source in json.load(open('cells.json'))]\n"
        "notebook = nbformat.v4.new_notebook(cells=cells)\n"
        "nbclient.NotebookClient(notebook, timeout=60, kernel_name='python3').execute()\n"
        "print(json.dumps([[output.get('text', '') for output in cell.outputs] for cell in notebook.cells]))\n"
    )
    later = [f"logging.warning('record {number}'); print('printed {number}')" for number in range(10)]
    (tmp_path / "cells.json").write_text(json.dumps([recipe("Jupyter"), *later]))
    output = run("run.py", cwd=tmp_path)
    first, *rest = [re.sub(r"\x1b\[[0-9;]*m", "", " ".join(texts)) for texts in json.loads(output.splitlines()[-1])]
    assert "under this cell" in first
    for number, text in enumerate(rest):
        assert re.findall(r"record (\d+)", text) == [str(number)]


@needs("click")
def test_click(tmp_path: Path) -> None:
    """CliRunner gets each call's records in that call."""
    (tmp_path / "program.py").write_text(
        recipe("click") + "\n\nfrom click.testing import CliRunner\n"
        "for name in ('ann', 'bob', 'cy'):\n"
        "    result = CliRunner().invoke(greet, [name])\n"
        "    assert result.exit_code == 0, result\n"
        "    assert f'greeting {name}' in result.stderr, result.stderr\n"
        "    assert result.stderr.count('greeting') == 1, result.stderr\n"
        "    assert result.stdout == f'hello {name}\\n', result.stdout\n"
    )
    assert "greeting" not in run("program.py", cwd=tmp_path)


@needs("IPython")
def test_ipython(tmp_path: Path) -> None:
    """A record is written before what comes after it."""
    (tmp_path / "start.py").write_text(recipe("IPython") + "print('after it', flush=True)\n")
    output = run("-m", "IPython", "--simple-prompt", "--no-banner", "start.py", cwd=tmp_path)
    assert "above the prompt" in output
    assert output.index("above the prompt") < output.index("after it")
