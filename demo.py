"""Eight threaded systems that log through one console: the tutorial of reflowlog.

    python demo.py                  every scene, one after another
    python demo.py pages pool       some of them
    python demo.py --together       at the same time
    python demo.py --list           which there are
    python demo.py --width 40       laid out for 40 columns, whatever the terminal

Change the width of the window at any time: everything that is on the screen is laid out again.

    hello    a Thread with a target: started, a daemon, joined, and refused a second start
    pages    a list of pages, fetched by threads from a real HTTP server, joined, compiled into one
    sleepy   a Thread subclass with a run() of its own
    queue    a producer and consumers over a shared queue, with task_done() and join()
    pool     an echo server on a real socket: workers on a queue, then a ThreadPoolExecutor
    records  a shop's records, with fields, in columns that respond to the width
    printer  numbered lines that grow, above a rule as wide as the terminal
    stop     threads with a while loop and a stop button, stopped and joined

Rules of this file:
- There is one console. Any thread may call it: `console.print` and `console.put` for text, `logging` for records, and
  `console.pin` for what stays under the log. None of them waits for the terminal, and no line is ever torn.
- Nobody sleeps: a pause is a wait for the curtain to fall. Ctrl-C lets it fall, and from then on no pause lasts; so
  each thread comes to its own end at once, by its usual way, and nothing has to be killed.
- A scene leaves nothing behind: its threads are joined, its sockets are closed, its pins are gone.
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

curtain = threading.Event()


def pause(seconds: float) -> bool:
    """Sleep, unless the curtain falls: whether it has fallen."""
    return curtain.wait(seconds)


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
    """A site of a few pages, which takes its time; it joins the threads of its requests when it is closed."""

    daemon_threads = False


class PageHandler(http.server.BaseHTTPRequestHandler):
    """Answers one request for a page, such as /3, in a thread of its own."""

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
        """Log a request where everything else is logged, rather than write it to stderr."""
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
    """A progress bar that is as wide as the terminal, or 60 cells where there is more."""
    head, tail = f"{name} ", f" {done}/{total}"
    room = max(1, min(width, 60) - len(head) - len(tail))
    full = room * done // total
    return head + "█" * full + "░" * (room - full) + tail


# -- sleepy -----------------------------------------------------------------------------------------------------------


class Sleepy(threading.Thread):
    """A thread that naps a few times, logs each nap, and remembers how long it slept."""

    log = logging.getLogger("demo.sleepy")

    def __init__(self, name: str, naps: Sequence[float]) -> None:
        super().__init__(name=name)
        self.naps = naps
        self.slept = 0.0

    def run(self) -> None:
        """What the thread does between start() and its end."""
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

        def heard(text: str) -> None:
            echoes.append(text)
            progress.update()

        console.print("three workers share a queue of connections:")
        with_a_queue(heard)
        console.print("a ThreadPoolExecutor does the same in fewer lines:")
        with_an_executor(heard)
    console.print(f"{len(echoes)} echoes came back as they were sent")


def with_a_queue(heard: Callable[[str], None]) -> None:
    """A pool by hand: workers take connections from a queue until they meet the sentinel."""
    connections: queue.Queue[socket.socket | None] = queue.Queue()

    def work() -> None:
        while (connection := connections.get()) is not None:
            echo(connection)

    workers = [threading.Thread(target=work, name=f"worker {number}") for number in range(3)]
    for worker in workers:
        worker.start()
    serve(connections.put, heard)
    for _ in workers:
        connections.put(None)
    for worker in workers:
        worker.join()


def with_an_executor(heard: Callable[[str], None]) -> None:
    """The same, with the pool of the standard library, which joins its threads by itself."""
    with ThreadPoolExecutor(max_workers=3, thread_name_prefix="executor") as executor:
        serve(lambda connection: executor.submit(echo, connection), heard)


def serve(hand_over: Callable[[socket.socket], object], heard: Callable[[str], None]) -> None:
    """Listen on a free port, and hand each client's connection over to the pool."""
    log = logging.getLogger("demo.pool")
    with socket.create_server((LOCALHOST, 0)) as listener:
        listener.settimeout(TIMEOUT)
        port = listener.getsockname()[1]
        log.info("Listening on %s:%d", LOCALHOST, port)
        clients = [threading.Thread(target=talk, args=(number, port, heard)) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for _ in clients:
            connection, address = listener.accept()
            log.debug("Accepted port %d", address[1])
            hand_over(connection)
        for client in clients:
            client.join()


def echo(connection: socket.socket) -> None:
    """What the server does with a connection: send each line back, until the client hangs up."""
    log = logging.getLogger("demo.pool.server")
    lines = 0
    with connection, connection.makefile("rb") as incoming:
        for line in incoming:
            pause(random.uniform(0.02, 0.1))
            connection.sendall(line)
            lines += 1
    log.info("%s echoed %d lines", threading.current_thread().name, lines)


def talk(number: int, port: int, heard: Callable[[str], None]) -> None:
    """What a client does: say each greeting, and wait for its echo."""
    log = logging.getLogger("demo.pool.client")
    with socket.create_connection((LOCALHOST, port), TIMEOUT) as connection, connection.makefile("rb") as incoming:
        for text in GREETINGS:
            connection.sendall(f"{text}\n".encode())
            answer = incoming.readline().decode().rstrip("\n")
            if answer == text:
                heard(answer)
            else:
                log.error("Client %d said %r and heard %r", number, text, answer)
    log.debug("Client %d hangs up", number)


# -- records ----------------------------------------------------------------------------------------------------------


class CardError(Exception):
    """A card was not taken."""


def charge(order: int) -> None:
    """Take the money for an order, if its number is even."""
    if order % 2:
        raise CardError(f"the bank says no to order {order}")


def keep_shop(first: int) -> None:
    """Take three orders; each part of the shop logs under a name of its own, and says the rest in fields."""
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
        return f" {width} columns: a narrow window has fewer and shorter ones ".center(width, "─")

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
            console.put(f"{number:2}  {line}")  # the queue's own door, which the printer thread has at its other end
            if pause(0.1):
                break


# -- stop -------------------------------------------------------------------------------------------------------------


class Counter(StoppableThread):
    """Counts while nobody stops it."""

    def __init__(self, name: str, every: float) -> None:
        super().__init__(name=name)
        self.every = every
        self.count = 0

    def run(self) -> None:
        """Count, and sleep in a way that stop() ends at once."""
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
        counter.stop()  # wakes it from its sleep, even the one of a minute
    for counter in counters:
        counter.join()
    guest = Counter("guest", 0.1)
    with guest:  # or so: started on the way in, stopped and joined on the way out
        pause(0.3)
    counters.append(guest)
    console.print(f"all {len(counters)} are joined; alive: {any(counter.is_alive() for counter in counters)}")


# -- the theatre ------------------------------------------------------------------------------------------------------

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


def about(name: str) -> str:
    """What a scene shows, in one line."""
    return (SCENES[name].__doc__ or "").partition("\n")[0]


def play(console: Console, names: Sequence[str]) -> None:
    """Scenes one after another, each with its title, until the curtain falls."""
    for name in names:
        if curtain.is_set():
            return
        console.print(f"\n▶ {name}: {about(name)}")
        SCENES[name](console)
        console.flush()  # from here on all of it is on the screen


def perform(console: Console, programmes: Sequence[Sequence[str]]) -> int:
    """Play each programme in a thread of its own, while the main thread waits for the end or for Ctrl-C.

    Python's own answer to Ctrl-C, a KeyboardInterrupt, can strike the main thread anywhere, even halfway through the
    start of a thread; and one that comes just before a wait is noticed only after it. So the handler here takes a note,
    and the wait looks at it.

    Returns:
        The exit status.
    """
    presses: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: presses.append(number))
    try:
        with ThreadPoolExecutor(max_workers=len(programmes), thread_name_prefix="scene") as display:
            acts: list[Future[None]] = [display.submit(play, console, names) for names in programmes]
            while wait(acts, timeout=0.1).not_done:
                if presses:
                    curtain.set()
    finally:
        signal.signal(signal.SIGINT, before)
    for act in acts:
        act.result()  # a scene that failed fails the demo
    return INTERRUPTED if presses else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the scenes that the command line names, or all.

    Returns:
        The exit status: 0, 2 for an unknown scene, 130 after Ctrl-C.
    """
    parser = ArgumentParser(prog="demo.py", description="Threaded systems that log through one console.")
    parser.add_argument("scenes", nargs="*", metavar="SCENE", help="which to play, in this order (default: all)")
    parser.add_argument("--list", action="store_true", help="say which scenes there are")
    parser.add_argument("--together", action="store_true", help="play them at the same time")
    parser.add_argument("--width", type=int, metavar="N", help="lay out for N columns, whatever the terminal")
    options = parser.parse_intermixed_args(arguments)
    if options.list:
        for name in SCENES:
            print(f"{name:8} {about(name)}")
        return 0
    if options.width is not None and options.width < 1:
        parser.error(f"a width of {options.width} columns is none")
    names = options.scenes or list(SCENES)
    for name in names:
        if name not in SCENES:
            print(f"demo.py: no scene is called {name!r}; there are {', '.join(SCENES)}", file=sys.stderr)
            return 2

    console = Console(sys.stdout, width=options.width)
    handler = ReflowHandler(console=console)
    logger = logging.getLogger("demo")
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    try:
        status = perform(console, [[name] for name in names] if options.together else [names])
        console.put(STOP)  # the sentinel: the console's own thread ends when all before it is shown
        console.join()
    except KeyboardInterrupt:  # in one of the few moments in which nobody waits for it
        status = INTERRUPTED
    finally:
        logger.removeHandler(handler)
        handler.close()
        console.close()
    return status


if __name__ == "__main__":
    sys.exit(main())
