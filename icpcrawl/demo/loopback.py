"""The loopback web as a whole: one name server, HTTP, HTTPS and two broken ports, in one thread.

    with LoopbackWeb(zone) as web:
        ...  # web.dns_port, web.http_port, web.https_port, web.ca_file, web.arguments

Everything listens on 127.0.0.1, on ports the system chooses unless told otherwise, and prints nothing.
"""

from __future__ import annotations

import asyncio
import socket
import tempfile
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from icpcrawl.demo.certificates import Certificates
from icpcrawl.demo.dns_server import NameServer, Question, TcpSide, UdpSide
from icpcrawl.demo.web_server import ResetSide, Visited, WebSide, WebSite
from icpcrawl.demo.zone import Host, Name, Tls, Zone

LOOPBACK = "127.0.0.1"
START_S = 10.0


class LoopbackWeb:
    """Serves a ``Zone`` for as long as the ``with`` block lasts."""

    def __init__(self, zone: Zone, *, first_port: int = 0) -> None:
        """``first_port``: take this one and the four after it, where they are free."""
        self.zone = zone
        self._ports = (
            range(first_port, first_port + 5) if first_port and ports_are_free(first_port) else [0] * 5
        )
        self.dns_port = self.http_port = self.https_port = self.reset_port = self.closed_port = 0
        self.ca_file = Path()
        self.problems: deque[str] = deque(maxlen=1000)
        """What went wrong inside the servers; usually a client that hung up."""
        self._dns = NameServer(zone)
        self._site = WebSite(zone.hosts)
        self._certificates = Certificates(zone.hosts)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="loopback-web", daemon=True)
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._failure: BaseException | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._closed: socket.socket | None = None

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="icpcrawl-loopback-")
        self.ca_file = Path(self._folder.name) / "authority.pem"
        self._certificates.write_authority(self.ca_file)
        self._loop = asyncio.new_event_loop()
        self._closed, self.closed_port = _closed_port(self._ports[4])
        self._thread.start()
        if not self._ready.wait(START_S) or self._failure is not None:
            self.__exit__(None, None, None)
            raise RuntimeError(f"the loopback web did not start: {self._failure}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread.is_alive() and self._loop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join(START_S)
        if self._closed is not None:
            self._closed.close()
        if self._folder is not None:
            self._folder.cleanup()

    @property
    def questions(self) -> tuple[Question, ...]:
        """What the name server was asked, oldest first."""
        return tuple(self._dns.questions)

    @property
    def visits(self) -> tuple[Visited, ...]:
        """What the web servers were asked, oldest first."""
        return tuple(self._site.visits)

    @property
    def open_connections(self) -> int:
        """How many visitors the web servers have not yet seen go."""
        return len(self._site.connections)

    @property
    def nameserver(self) -> str:
        """For ``--nameserver``."""
        return f"{LOOPBACK}:{self.dns_port}"

    @property
    def connect_to(self) -> tuple[str, ...]:
        """Rules for ``--connect-to``; the first that fits holds, so single hosts come first."""
        ports = {Tls.CLOSED: self.closed_port, Tls.RESET: self.reset_port, Tls.PLAIN: self.http_port}
        special = tuple(
            f"{name}:443:{LOOPBACK}:{ports[host.tls]}"
            for name, host in self.zone.hosts.items()
            if host.tls in ports
        )
        closed = tuple(
            f"{name}:80:{LOOPBACK}:{self.closed_port}"
            for name, host in self.zone.hosts.items()
            if host.http_closed
        )
        return (*special, *closed, f":443:{LOOPBACK}:{self.https_port}", f":80:{LOOPBACK}:{self.http_port}")

    @property
    def arguments(self) -> tuple[str, ...]:
        """What to append to ``icpcrawl audit`` so that it visits this web."""
        rules = (part for rule in self.connect_to for part in ("--connect-to", rule))
        return ("--nameserver", self.nameserver, *rules, "--ca-file", str(self.ca_file))

    def serve(self, zone: Zone) -> None:
        """Serve another zone from now on, on the same ports: the web has changed overnight."""
        done = threading.Event()

        def change() -> None:
            self.zone = zone
            self._dns.serve(zone)
            self._site.serve(zone.hosts)
            self._certificates.hosts = zone.hosts
            done.set()

        if self._loop is None:
            raise RuntimeError("the loopback web is not running")
        self._loop.call_soon_threadsafe(change)
        done.wait(START_S)

    def _run(self) -> None:
        loop = self._loop
        if loop is None:
            return
        asyncio.set_event_loop(loop)
        loop.set_exception_handler(self._note)
        try:
            loop.run_until_complete(self._serve())
        except BaseException as error:  # noqa: BLE001 - told to the thread that waits for us
            self._failure = error
        finally:
            self._ready.set()
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    def _note(self, _: asyncio.AbstractEventLoop, what: Mapping[str, Any]) -> None:
        self.problems.append(f"{what.get('message')}: {what.get('exception')!r}")

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        site, tls = self._site, self._certificates.server_context()
        web = await loop.create_server(lambda: WebSide(site, False), LOOPBACK, self._ports[1], backlog=1024)
        secure = await loop.create_server(
            lambda: WebSide(site, True), LOOPBACK, self._ports[2], ssl=tls, backlog=1024
        )
        resetting = await loop.create_server(ResetSide, LOOPBACK, self._ports[3])
        names, udp = await self._name_server()
        self.http_port, self.https_port = _port(web), _port(secure)
        self.reset_port, self.dns_port = _port(resetting), _port(names)
        self._ready.set()
        await self._stop.wait()
        udp.close()
        for server in (web, secure, resetting, names):
            server.close()
        await self._hang_up()

    async def _name_server(self) -> tuple[asyncio.Server, asyncio.DatagramTransport]:
        """UDP and TCP on one port number; another one is tried while the pair is not free."""
        loop = asyncio.get_running_loop()
        for _ in range(50):
            tcp = await asyncio.start_server(TcpSide(self._dns.reply), LOOPBACK, self._ports[0])
            try:
                udp, _protocol = await loop.create_datagram_endpoint(
                    lambda: UdpSide(self._dns), local_addr=(LOOPBACK, _port(tcp))
                )
            except OSError:
                tcp.close()
                continue
            udp.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
            return tcp, udp
        raise OSError("no port is free for both UDP and TCP")

    async def _hang_up(self) -> None:
        """End what is still open, so that no socket outlives the block."""
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        for connection in list(self._site.connections):
            connection.abort()
        await asyncio.sleep(0)


def _port(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


def _closed_port(port: int) -> tuple[socket.socket, int]:
    """A port that is taken, so nobody else gets it, and on which nobody listens."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    sock.bind((LOOPBACK, port))
    return sock, sock.getsockname()[1]


def ports_are_free(first_port: int) -> bool:
    """Whether a loopback web could take this port and the four after it."""
    kinds = [(first_port, socket.SOCK_DGRAM), *((first_port + n, socket.SOCK_STREAM) for n in range(5))]
    for port, kind in kinds:
        with socket.socket(socket.AF_INET, kind) as sock:
            if kind is socket.SOCK_STREAM:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((LOOPBACK, port))
            except OSError:
                return False
    return True


def zone_of(hosts: Mapping[str, Host], name: Name) -> Zone:
    """All hosts at one place: the shortest way to a web for a test."""
    return Zone(dict.fromkeys(hosts, name), dict(hosts))
