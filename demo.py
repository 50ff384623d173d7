"""Eight threaded systems that log through one console: the tutorial of reflowlog.

    python demo.py                  every scene, one after another
    python demo.py pages pool       some of them
    python demo.py --together       at the same time
    python demo.py --list           which there are
    python demo.py --width 40       laid out for 40 columns, whatever the terminal

Change the width of the window at any time: everything that is on the screen is laid out again. On a terminal Space, /
or any other key of the viewer opens it over all that was shown so far; q comes back.

    hello    a Thread with a target: started, a daemon, joined, and refused a second start
    pages    a list of pages, fetched by threads from a real HTTP server, joined, compiled into one
    sleepy   a Thread subclass with a run() of its own
    queue    a producer and consumers over a shared queue, with task_done() and join()
    pool     an echo server on a real socket: workers on a queue, then a ThreadPoolExecutor
    records  a shop's records, with fields, in columns that respond to the width
    printer  numbered lines that grow, above a rule as wide as the terminal
    stop     threads with a while loop and a stop button, stopped and joined

Invariants:
- There is one console. Any thread may call it: `console.print` and `console.put` for text, `logging` for records, and
  `console.pin` for text that stays under the log. Lines of different threads are never mixed.
- No thread calls `time.sleep`: `pause` waits for the event that Ctrl-C sets. Once it is set no pause lasts, so each
  thread ends at once in its usual way, and none has to be killed.
- At the end of a scene its threads are joined, its sockets are closed and its pins are removed.
"""

from __future__ import annotations

import http.client
import http.server
import logging
import queue
import random
import signal
import socket
import sys
import threading
from argparse import ArgumentParser
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from reflowlog import STOP, Console, ReflowHandler, StoppableThread

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LOCALHOST = "127.0.0.1"
INTERRUPTED = 130
TIMEOUT = 10.0  # seconds until a socket gives up; it never should

interrupted = threading.Event()  # set by Ctrl-C


def pause(seconds: float) -> bool:
    """Wait for so many seconds, or until Ctrl-C; return whether it was pressed."""
    return interrupted.wait(seconds)


# -- hello ------------------------------------------------------------------------------------------------------------


def hello(console: Console) -> None:
    """A Thread with a target: started, a daemon, joined, and refused a second start."""
    log = logging.getLogger("demo.hello")

    def greet(name: str) -> None:
        log.info("Hello from %s", threading.current_thread().name, extra={"to": name})
        pause(0.3)
        log.info("Goodbye from %s", threading.current_thread().name, extra={"to": name})

    greeter = threading.Thread(target=greet, args=("world",), name="greeter")
    helper = threading.Thread(target=greet, args=("nobody in particular",), name="helper", daemon=True)
    for thread in (greeter, helper):
        thread.start()
        console.print(f"{thread.name} is started; alive: {thread.is_alive()}, daemon: {thread.daemon}")
    greeter.join()
    helper.join()  # a daemon would not keep Python from exiting; this scene waits for it all the same
    console.print(f"both are joined; alive: {greeter.is_alive() or helper.is_alive()}")
    try:
        greeter.start()
    except RuntimeError as error:
        log.warning("A second start is refused with RuntimeError: %s", error)


# -- pages ------------------------------------------------------------------------------------------------------------

TALE = (
    "A line of a log is longer than you think,",
    "and a window is narrower than you hope.",
    "So the line was cut where the window ended,",
    "and when the window grew the cut stayed where it was.",
    "Then somebody thought of keeping the line, and not the cut,",
    "and now every width has rows of its own:",
    "窄窗也好，宽窗也好，",
    "the words stay whole, and the end comes at the end.",
)


class PageServer(http.server.ThreadingHTTPServer):
    """HTTP server of a few pages that answers slowly and joins the threads of its requests when it is closed."""

    daemon_threads = False


class PageHandler(http.server.BaseHTTPRequestHandler):
    """Handler of one request for a page, such as /3, in a thread of its own."""

    def do_GET(self) -> None:
        """Send the page, or 404."""
        number = int(self.path.removeprefix("/"))
        pause(random.uniform(0.2, 1.2))
        if number >= len(TALE):
            self.send_error(404, "There is no such page")
            return
        body = TALE[number].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Log a request instead of writing it to stderr."""
        logging.getLogger("demo.pages.server").debug(format, *args)


def pages(console: Console) -> None:
    """A list of pages, fetched by threads from a real HTTP server, joined, compiled into one."""
    log = logging.getLogger("demo.pages")
    found: dict[int, str] = {}
    done: list[int] = []

    def fetch(number: int) -> None:
        client = http.client.HTTPConnection(LOCALHOST, server.server_port, timeout=TIMEOUT)
        try:
            client.request("GET", f"/{number}")
            answer = client.getresponse()
            body = answer.read()
        finally:
            client.close()
        if answer.status == 200:
            found[number] = body.decode()
            log.info("Page %d is here", number, extra={"bytes": len(body)})
        else:
            log.error("Page %d is missing: %d %s", number, answer.status, answer.reason)
        done.append(number)
        progress.update()

    wanted = range(len(TALE) + 1)  # the last one does not exist
    with (
        PageServer((LOCALHOST, 0), PageHandler) as server,
        console.pin(lambda width: bar("pages", len(done), len(wanted), width)) as progress,
    ):
        serving = threading.Thread(target=server.serve_forever, args=(0.05,), name="server")
        serving.start()
        fetchers = [threading.Thread(target=fetch, args=(number,), name=f"page {number}") for number in wanted]
        for thread in fetchers:
            thread.start()
        for thread in fetchers:
            thread.join()
        server.shutdown()
        serving.join()
    console.print(f"{len(found)} of {len(wanted)} pages make one line:")
    console.print("    " + " ".join(found[number] for number in sorted(found)))


def bar(name: str, done: int, total: int, width: int) -> str:
    """Return a progress bar of at most 60 cells for a terminal that is `width` cells wide."""
    head, tail = f"{name} ", f" {done}/{total}"
    room = max(1, min(width, 60) - len(head) - len(tail))
    full = room * done // total
    return head + "█" * full + "░" * (room - full) + tail


# -- sleepy -----------------------------------------------------------------------------------------------------------


class Sleepy(threading.Thread):
    """A thread that sleeps a few times, logs each time, and adds up the seconds."""

    log = logging.getLogger("demo.sleepy")

    def __init__(self, name: str, naps: Sequence[float]) -> None:
        super().__init__(name=name)
        self.naps = naps
        self.slept = 0.0

    def run(self) -> None:
        """Sleep for each of the given times, unless Ctrl-C is pressed."""
        for seconds in self.naps:
            self.log.info("%s sleeps for %.1f s", self.name, seconds)
            if pause(seconds):
                self.log.warning("%s was woken", self.name)
                return
            self.slept += seconds
        self.log.info("%s is awake", self.name, extra={"slept": f"{self.slept:.1f} s"})


def sleepy(console: Console) -> None:
    """A Thread subclass with a run() of its own."""
    sleepers = [Sleepy("dozy", [0.6, 0.6]), Sleepy("drowsy", [0.3, 0.5, 0.2]), Sleepy("nodding", [0.9])]
    for thread in sleepers:
        thread.start()
    for thread in sleepers:
        thread.join()
    total = sum(thread.slept for thread in sleepers)
    longest = max(thread.slept for thread in sleepers)
    console.print(f"they slept {total:.1f} s between them, at the same time: it took {longest:.1f} s")


# -- queue ------------------------------------------------------------------------------------------------------------


def produce_and_consume(console: Console) -> None:
    """A producer and consumers over a shared queue, with task_done() and join()."""
    log = logging.getLogger("demo.queue")
    orders: queue.Queue[str | None] = queue.Queue(maxsize=4)  # a full queue makes the producer wait
    served: list[str] = []

    def produce() -> None:
        for number, dish in enumerate(["soup", "salad", "stone", "noodles", "rice", "bread", "cheese", "tea"], 1):
            orders.put(dish)
            log.info("Order %d: %s", number, dish, extra={"waiting": orders.qsize()})
            if pause(0.05):
                break

    def consume() -> None:
        while (dish := orders.get()) is not None:
            pause(random.uniform(0.1, 0.3))
            if dish == "stone":
                log.error("Nobody can cook a stone")
            else:
                served.append(dish)
                log.info("%s serves the %s", threading.current_thread().name, dish)
            orders.task_done()
        orders.task_done()

    cooks = [threading.Thread(target=consume, name=name) for name in ("Ann", "Bob")]
    producer = threading.Thread(target=produce, name="waiter")
    for thread in (*cooks, producer):
        thread.start()
    producer.join()
    orders.join()  # each order has had its task_done
    console.print(f"every order is done; {len(served)} were served")
    for _ in cooks:
        orders.put(None)  # the sentinel, one for each
    for thread in cooks:
        thread.join()


# -- pool -------------------------------------------------------------------------------------------------------------

GREETINGS = ("hello", "grüß dich", "こんにちは", "good day to you, and to all who log with you")
CLIENTS = 6


def pool(console: Console) -> None:
    """An echo server on a real socket: workers on a queue, then a ThreadPoolExecutor."""
    echoes: list[str] = []
    with console.pin(lambda width: bar("echoes", len(echoes), 2 * CLIENTS * len(GREETINGS), width)) as progress:

        def on_echo(text: str) -> None:
            echoes.append(text)
            progress.update()

        console.print("three workers share a queue of connections:")
        with_a_queue(on_echo)
        console.print("a ThreadPoolExecutor does the same in fewer lines:")
        with_an_executor(on_echo)
    console.print(f"{len(echoes)} echoes came back as they were sent")


def with_a_queue(on_echo: Callable[[str], None]) -> None:
    """Serve with worker threads that take connections from a queue until they receive the sentinel."""
    connections: queue.Queue[socket.socket | None] = queue.Queue()

    def work() -> None:
        while (connection := connections.get()) is not None:
            echo(connection)

    workers = [threading.Thread(target=work, name=f"worker {number}") for number in range(3)]
    for worker in workers:
        worker.start()
    serve(connections.put, on_echo)
    for _ in workers:
        connections.put(None)
    for worker in workers:
        worker.join()


def with_an_executor(on_echo: Callable[[str], None]) -> None:
    """Serve with the thread pool of the standard library, which joins its threads by itself."""
    with ThreadPoolExecutor(max_workers=3, thread_name_prefix="executor") as executor:
        serve(lambda connection: executor.submit(echo, connection), on_echo)


def serve(hand_over: Callable[[socket.socket], object], on_echo: Callable[[str], None]) -> None:
    """Listen on a free port, and pass each client's connection to the pool."""
    log = logging.getLogger("demo.pool")
    with socket.create_server((LOCALHOST, 0)) as listener:
        listener.settimeout(TIMEOUT)
        port = listener.getsockname()[1]
        log.info("Listening on %s:%d", LOCALHOST, port)
        clients = [threading.Thread(target=talk, args=(number, port, on_echo)) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for _ in clients:
            connection, address = listener.accept()
            log.debug("Accepted port %d", address[1])
            hand_over(connection)
        for client in clients:
            client.join()


def echo(connection: socket.socket) -> None:
    """Send each line of a connection back until the client closes it."""
    log = logging.getLogger("demo.pool.server")
    lines = 0
    with connection, connection.makefile("rb") as incoming:
        for line in incoming:
            pause(random.uniform(0.02, 0.1))
            connection.sendall(line)
            lines += 1
    log.info("%s echoed %d lines", threading.current_thread().name, lines)


def talk(number: int, port: int, on_echo: Callable[[str], None]) -> None:
    """Connect as a client, send each greeting and wait for its echo."""
    log = logging.getLogger("demo.pool.client")
    with socket.create_connection((LOCALHOST, port), TIMEOUT) as connection, connection.makefile("rb") as incoming:
        for text in GREETINGS:
            connection.sendall(f"{text}\n".encode())
            answer = incoming.readline().decode().rstrip("\n")
            if answer == text:
                on_echo(answer)
            else:
                log.error("Client %d said %r and heard %r", number, text, answer)
    log.debug("Client %d hangs up", number)


# -- records ----------------------------------------------------------------------------------------------------------


class CardError(Exception):
    """A payment by card was refused."""


def charge(order: int) -> None:
    """Charge the card of an order; raise `CardError` if the order's number is odd."""
    if order % 2:
        raise CardError(f"the bank says no to order {order}")


def keep_shop(first: int) -> None:
    """Take three orders; each part of the shop has a logger of its own and puts values into fields."""
    orders, cards = logging.getLogger("demo.shop.orders"), logging.getLogger("demo.shop.payments.cards")
    for order in range(first, first + 3):
        orders.info("Order is taken", extra={"order": order, "items": order % 3 + 1, "country": "日本"})
        pause(0.2)
        try:
            charge(order)
        except CardError:
            cards.exception("The card is refused; the customer is asked for another one", extra={"order": order})
        else:
            cards.debug("The card is good", extra={"order": order, "took": "41 ms", "attempts": 1})
        pause(0.2)


def records(console: Console) -> None:
    """A shop's records, with fields, in columns that respond to the width."""

    def ruler(width: int) -> str:
        hint = "\nSpace opens the viewer over all of this, q comes back" if sys.stdin.isatty() else ""
        return f" {width} columns: a narrow window has fewer and shorter ones ".center(width, "─") + hint

    clerks = [threading.Thread(target=keep_shop, args=(first,)) for first in (11, 22)]
    with console.pin(ruler):
        for clerk in clerks:
            clerk.start()
        for clerk in clerks:
            clerk.join()
    console.print("six orders, two clerks; fields follow their message, a traceback its record")


# -- printer ----------------------------------------------------------------------------------------------------------


SAYING = "the rule is as wide as the window and every line above it finds new rows when the window changes"


def printer(console: Console) -> None:
    """Numbered lines that grow, above a rule as wide as the terminal."""
    words = SAYING.split()

    def rule(width: int) -> str:
        return "─" * width + f"\n{width} columns: make the window wider, or narrower"

    with console.pin(rule):
        for number in range(1, 41):
            line = " ".join(words[index % len(words)] for index in range(number))
            console.put(f"{number:2}  {line}")  # into the queue that the printer thread drains
            if pause(0.1):
                break


# -- stop -------------------------------------------------------------------------------------------------------------


class Counter(StoppableThread):
    """A thread that counts until it is stopped."""

    def __init__(self, name: str, every: float) -> None:
        super().__init__(name=name)
        self.every = every
        self.count = 0

    def run(self) -> None:
        """Count, with pauses that stop() ends at once."""
        log = logging.getLogger("demo.stop")
        while not self.stopped:
            self.count += 1
            log.info("%s counts %d", self.name, self.count)
            self.wait_stopped(self.every)
        log.warning("%s was stopped", self.name, extra={"count": self.count})


def stop(console: Console) -> None:
    """Threads with a while loop and a stop button, stopped and joined."""
    counters = [Counter("quick", 0.2), Counter("steady", 0.4), Counter("slow", 60)]
    for counter in counters:
        counter.start()
    pause(1.2)
    for counter in counters:
        counter.stop()  # ends its pause at once, even one of a minute
    for counter in counters:
        counter.join()
    guest = Counter("guest", 0.1)
    with guest:  # a context manager: starts on entry, stops and joins on exit
        pause(0.3)
    counters.append(guest)
    console.print(f"all {len(counters)} are joined; alive: {any(counter.is_alive() for counter in counters)}")


# -- running the scenes -----------------------------------------------------------------------------------------------

SCENES: dict[str, Callable[[Console], None]] = {
    "hello": hello,
    "pages": pages,
    "sleepy": sleepy,
    "queue": produce_and_consume,
    "pool": pool,
    "records": records,
    "printer": printer,
    "stop": stop,
}


NEXT_STEPS = """
Try next:
  python demo.py records --width 40  the same in a narrow window
  make 2>&1 | reflowlog              any command; Space opens the viewer
  reflowlog FILE                     the viewer: / searches, h is help
  reflowlog.install()                in your program, then log as before"""


def summary(name: str) -> str:
    """Return the line that describes a scene."""
    return (SCENES[name].__doc__ or "").partition("\n")[0]


def run_scenes(console: Console, names: Sequence[str]) -> None:
    """Run scenes one after another, each under its title, until Ctrl-C."""
    for name in names:
        if interrupted.is_set():
            return
        console.print(f"\n▶ {name}: {summary(name)}")
        SCENES[name](console)
        console.flush()  # from here on all of it is on the screen


def run_groups(console: Console, groups: Sequence[Sequence[str]]) -> int:
    """Run each group of scenes in a thread of its own, and wait for their end or for Ctrl-C.

    Python's default action for Ctrl-C raises KeyboardInterrupt anywhere in the main thread, even halfway through the
    start of a thread; and an exception raised just before a wait is noticed only after it. So the handler only notes
    the signal, and the wait is limited in time.

    Returns:
        The exit status.
    """
    signals: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: signals.append(number))
    try:
        with ThreadPoolExecutor(max_workers=len(groups), thread_name_prefix="scene") as executor:
            futures: list[Future[None]] = [executor.submit(run_scenes, console, names) for names in groups]
            while wait(futures, timeout=0.1).not_done:
                if signals:
                    interrupted.set()
    finally:
        signal.signal(signal.SIGINT, before)
    for future in futures:
        future.result()  # a scene that failed fails the demo
    return INTERRUPTED if signals else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the scenes that the command line names, or all.

    Returns:
        The exit status: 0, 2 for an unknown scene, 130 after Ctrl-C.
    """
    parser = ArgumentParser(prog="demo.py", description="Threaded systems that log through one console.")
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help="which to run, in this order (default: all)")
    parser.add_argument("--list", action="store_true", help="list the scenes")
    parser.add_argument("--together", action="store_true", help="run them at the same time")
    parser.add_argument("--width", type=int, metavar="N", help="lay out for N columns, whatever the terminal")
    options = parser.parse_intermixed_args(arguments)
    if options.list:
        for name in SCENES:
            print(f"{name:8} {summary(name)}")
        return 0
    if options.width is not None and options.width < 1:
        parser.error(f"the width must be 1 or more, not {options.width}")
    names = options.scenes or list(SCENES)
    for name in names:
        if name not in SCENES:
            print(f"demo.py: there is no scene {name!r}: choose from {', '.join(SCENES)}", file=sys.stderr)
            return 2

    console = Console(sys.stdout, width=options.width, keys=sys.stdin.isatty() and sys.stdout.isatty())
    handler = ReflowHandler(console=console)
    logger = logging.getLogger("demo")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    try:
        status = run_groups(console, [[name] for name in names] if options.together else [names])
        if status == 0:
            console.print(NEXT_STEPS)
        console.put(STOP)  # the sentinel: the console's own thread ends when all before it is shown
        console.join()
    except KeyboardInterrupt:  # outside of the time in which `run_groups` handles it
        status = INTERRUPTED
    finally:
        logger.removeHandler(handler)
        handler.close()
        console.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
