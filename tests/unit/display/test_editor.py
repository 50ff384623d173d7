"""Which file and which line an editor is opened at, and how each editor is told."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from support.texts import Memory, SmallBlocks, patient

from reflowlog.core.events import Key
from reflowlog.core.frames import Size
from reflowlog.display.editor import EditorChooser, EditorError, EditorRun, editor_arguments
from reflowlog.pager.context import PagerContext, PagerOptions
from reflowlog.pager.state import Edit, PagerState
from reflowlog.pager.update import update
from reflowlog.store.document import Document
from reflowlog.store.document_source import FileDocument, PipeDocument
from reflowlog.store.file_text import FileText
from reflowlog.store.line_index import LineIndex
from reflowlog.store.pipe_text import PipeText
from reflowlog.store.spool import Spool

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("editor", "expected"),
    [
        ("vi", ["vi", "+12", "/a b.py"]),
        ("/usr/bin/nvim -R", ["/usr/bin/nvim", "-R", "+12", "/a b.py"]),
        ("emacs -nw", ["emacs", "-nw", "+12", "/a b.py"]),
        ("nano", ["nano", "+12", "/a b.py"]),
        ("code --wait", ["code", "--wait", "-g", "/a b.py:12:3"]),
        ("code -g", ["code", "-g", "/a b.py:12:3"]),
        ("subl -w", ["subl", "-w", "/a b.py:12:3"]),
        ("hx", ["hx", "/a b.py:12:3"]),
        ("idea", ["idea", "--line", "12", "/a b.py"]),
        ("'/opt/my editor/Code.exe'", ["/opt/my editor/Code.exe", "-g", "/a b.py:12:3"]),
        ("vi; rm -rf $HOME", ["vi;", "rm", "-rf", "$HOME", "+12", "/a b.py"]),  # no shell: words of a wrong command
        ("ed", ["ed", "/a b.py"]),
    ],
)
def test_arguments(editor: str, expected: list[str]) -> None:
    """The line before the file, after a colon, or behind an option; words as a shell would split them."""
    assert editor_arguments(editor, "/a b.py", 12, 3) == expected


def test_a_line_that_is_not_known() -> None:
    """Then the file alone."""
    assert editor_arguments("vi", "/a.py", 0) == ["vi", "/a.py"]


@pytest.mark.parametrize("editor", ["", " ", "vi 'x"])
def test_an_editor_that_is_no_command(editor: str) -> None:
    """An error, in one line."""
    with pytest.raises(EditorError):
        editor_arguments(editor, "/a.py", 1)


class Log:
    """A log, and the editor of a record in it."""

    def __init__(self, data: bytes, path: Path | None = None) -> None:
        if path is None:
            text = PipeText(LineIndex(Spool()))
            text.grow(data)
            text.finish()
            self.source: PipeDocument | FileDocument = PipeDocument(text)
        else:
            path.write_bytes(data)
            self.source = FileDocument(FileText(str(path), os.open(path, os.O_RDONLY)), str(path))
            self.source.count_on(1 << 20)
        self.context = PagerContext(Document(self.source.text), Size(80, 10), PagerOptions(), patient())
        self.state = PagerState()
        self.chooser = EditorChooser({"EDITOR": "vi"})

    def press(self, *keys: str) -> EditorRun:
        effect = None
        for key in keys:
            self.state, effect = update(self.state, Key(key), self.context)
        assert isinstance(effect, Edit)
        return self.chooser.choose(effect, self.source, self.context)


TRACEBACK = b"""12:00:00 ERROR app: failed
Traceback (most recent call last):
  File "main.py", line 3, in <module>
    run()
  File "gone.py", line 9, in run
KeyError: 'x'
12:00:01 INFO app: on
"""


def test_the_innermost_file_that_exists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Relative to the working directory; files that are not there are passed over."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.py").touch()
    expected = EditorRun(["vi", "+3", str(tmp_path / "main.py")], "main.py:3")
    assert Log(TRACEBACK).press("v") == expected
    assert Log(TRACEBACK).press("o", "v") == expected
    (tmp_path / "gone.py").touch()
    assert Log(TRACEBACK).press("v").what == "gone.py:9"


def test_the_program_s_own_file_before_a_library_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library's file is taken if no other exists."""
    monkeypatch.chdir(tmp_path)
    library = tmp_path / "site-packages"
    library.mkdir()
    (library / "gone.py").touch()
    log = TRACEBACK.replace(b"gone.py", str(library / "gone.py").encode())
    assert Log(log).press("v").what == "site-packages/gone.py:9"
    (tmp_path / "main.py").touch()
    assert Log(log).press("v").what == "main.py:3"


def test_a_place_in_a_field(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of JSON: the traceback, else the source; in the detail what the chosen field names comes first."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.go", "b.go", "Cart.java"):
        (tmp_path / name).touch()
    record = b'{"level":"info","msg":"see b.go:7","caller":"a.go:12","at":"Cart.java:3"}\n'
    assert Log(record).press("v").what == "a.go:12"
    assert Log(record).press("o", "Down", "v").what == "b.go:7"
    (tmp_path / "src/main/java/org").mkdir(parents=True)
    (tmp_path / "src/main/java/org/Cart.java").touch()
    java = b"12:00:00 ERROR x\njava.lang.Error: no\n\tat org.Cart.add(Cart.java:7)\n"
    assert Log(java).press("v").what == "src/main/java/org/Cart.java:7"


def test_else_the_log_at_this_line(tmp_path: Path) -> None:
    """The file itself, and the record's first line."""
    log = Log(TRACEBACK, tmp_path / "app.log")
    assert log.press("/", *"12:00:01", "Enter", "v").arguments == ["vi", "+7", str(tmp_path / "app.log")]
    assert log.press("g", "Escape", "v").arguments == ["vi", "+1", str(tmp_path / "app.log")]


def test_the_line_in_a_part_of_a_file(tmp_path: Path) -> None:
    """Counted from the start of the file, which is not shown; after a rotation in the new file."""
    path = tmp_path / "app.log"
    path.write_bytes(b"1\n2\n3\n4\n")
    text = FileText(str(path), os.open(path, os.O_RDONLY), 4)
    text.count_on(100)
    assert text.file_line(6) == (str(path), 4)
    path.rename(tmp_path / "app.log.1")
    path.write_bytes(b"5\n6\n")
    text.poll()
    text.count_on(100)
    assert text.file_line(6) is None
    assert text.file_line(10) == (str(path), 2)
    text.close()


def test_a_stream_is_in_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown is written into a private file, which is gone at the end."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    log = Log(b"".join(b"line %d\n" % number for number in range(20)))
    run = log.press("&", "!", "3", "Enter", "/", *"17", "Enter", "v")
    path = run.arguments[2]
    assert run.arguments[:2] == ["vi", "+16"]
    if os.name == "posix":
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with open(path, "rb") as file:
        assert file.read() == b"".join(b"line %d\n" % number for number in range(20) if number not in (3, 13))
    log.chooser.close()
    assert list(tmp_path.iterdir()) == []


def test_visual_comes_before_editor() -> None:
    """As everywhere."""
    memory = SmallBlocks(Memory(b"x\n"))
    context = PagerContext(memory, Size(80, 10), PagerOptions(), patient())
    chooser = EditorChooser({"VISUAL": "nvim", "EDITOR": "ed"})
    run = chooser.choose(Edit((), 0), PipeDocument(PipeText(LineIndex(Spool()))), context)
    assert run.arguments[0] == "nvim"
    chooser.close()
