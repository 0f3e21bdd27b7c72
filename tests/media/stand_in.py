"""A stand-in for the server: WHIP, WHEP and the websocket, just enough to hold a venue to account.

One UDP port, ICE-lite, aiortc's DTLS. It forwards one publisher's chosen layer to the first video
slot of every watcher and speech to the first audio slot, and records what it was sent.
"""

import asyncio
import json
import secrets
import socket
import struct
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web
from aioice import stun
from aiortc import sdp as aiortc_sdp
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsTransport

from server.simulator import packets
from server.simulator.sdp import EXTENSIONS

HOST = "127.0.0.1"
OUT_SSRC = 0x5EED


@dataclass(eq=False)
class StandInPeer:
    """One connection: duck-typed as the transport of aiortc's DTLS."""

    server: "StandIn"
    number: int
    is_publisher: bool
    rids: list[str]
    role: str = "controlled"
    address: tuple[str, int] | None = None
    layers: dict[int, str] = field(default_factory=dict)
    received: list[bytes] = field(default_factory=list)
    lose_next: bool = False
    lost: bytes | None = None
    controls: list[bytes] = field(default_factory=list)
    sequences: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ufrag, self.password = secrets.token_hex(4), secrets.token_hex(12)
        self.queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.ready = asyncio.Event()
        self.dtls = RTCDtlsTransport(self, [self.server.certificate])
        self.dtls._set_role("server")
        self.task: asyncio.Task[None] | None = None

    async def _recv(self) -> bytes:
        data = await self.queue.get()
        if data is None:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self.server.socket.sendto(data, self.address)

    async def run(self, parameters: object) -> None:
        await self.ready.wait()
        await self.dtls.start(parameters)

    @property
    def is_connected(self) -> bool:
        return self.dtls.state == "connected"

    def send_rtcp(self, data: bytes) -> None:
        self.server.socket.sendto(self.dtls._tx_srtp.protect_rtcp(data), self.address)

    def send_rtp(self, data: bytes) -> None:
        self.server.socket.sendto(self.dtls._tx_srtp.protect(data), self.address)

    async def close(self) -> None:
        self.server.peers.discard(self)
        self.queue.put_nowait(None)
        await self.dtls.stop()
        if self.task is not None:
            self.task.cancel()


class StandIn:
    """The server; ``layer`` is the RID it forwards, ``open`` whether a session is open."""

    def __init__(self, tokens: dict[str, int], *, keep: bool = True) -> None:
        self.tokens = tokens
        self.keep = keep
        self.open = True
        self.layer = "h"
        self.shown: int | None = None
        self.sockets: dict[int, list[web.WebSocketResponse]] = {}
        self.told: list[dict[str, object]] = []
        self.posts: list[tuple[str, int]] = []
        self.deleted: list[str] = []
        self.peers: set[StandInPeer] = set()
        self.resources: dict[str, StandInPeer] = {}
        self.certificate = RTCCertificate.generateCertificate()

    async def __aenter__(self) -> "StandIn":
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((HOST, 0))
        self.port = self.socket.getsockname()[1]
        asyncio.get_running_loop().add_reader(self.socket, self.read)
        app = web.Application()
        app.add_routes(
            [
                web.post("/whip", self.post),
                web.post("/whep", self.post),
                web.delete("/media/{id}", self.delete),
                web.get("/ws", self.ws),
            ]
        )
        self.runner = web.AppRunner(app, shutdown_timeout=0.2)
        await self.runner.setup()
        site = web.TCPSite(self.runner, HOST, 0)
        await site.start()
        http_port = self.runner.addresses[0][1]
        self.url = f"http://{HOST}:{http_port}"
        return self

    async def __aexit__(self, *_: object) -> None:
        for peer in list(self.peers):
            await peer.close()
        asyncio.get_running_loop().remove_reader(self.socket)
        self.socket.close()
        for sockets in self.sockets.values():
            for one in sockets:
                await one.close()
        await self.runner.cleanup()

    # --- HTTP ---

    def who(self, http: web.Request) -> int | None:
        return self.tokens.get(http.headers.get("Authorization", "").removeprefix("Bearer "))

    async def post(self, http: web.Request) -> web.Response:
        number = self.who(http)
        self.posts.append((http.path, number or 0))
        if number is None or http.content_type != "application/sdp":
            return web.Response(status=401)
        if not self.open:
            return web.Response(status=409)
        text = await http.text()
        offer = aiortc_sdp.SessionDescription.parse(text)
        rids = [line[6:].split()[0] for line in text.splitlines() if line.startswith("a=rid:")]
        peer = StandInPeer(self, number, http.path == "/whip", rids)
        self.peers.add(peer)
        name = secrets.token_hex(4)
        self.resources[name] = peer
        peer.task = asyncio.create_task(peer.run(offer.media[0].dtls))
        return web.Response(
            status=201,
            text=self.answer(offer, peer),
            content_type="application/sdp",
            headers={"Location": f"/media/{name}"},
        )

    async def delete(self, http: web.Request) -> web.Response:
        name = http.match_info["id"]
        peer = self.resources.pop(name, None)
        if peer is None:
            return web.Response(status=404)
        self.deleted.append("up" if peer.is_publisher else "down")
        await peer.close()
        return web.Response()

    def answer(self, offer: aiortc_sdp.SessionDescription, peer: StandInPeer) -> str:
        mids = " ".join(media.rtp.muxId for media in offer.media)
        digest = next(
            f.value for f in self.certificate.getFingerprints() if f.algorithm == "sha-256"
        )
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=ice-lite"]
        lines += [f"a=group:BUNDLE {mids}"]
        for place, media in enumerate(offer.media):
            codec = media.rtp.codecs[0]
            lines += [
                f"m={media.kind} {self.port} UDP/TLS/RTP/SAVPF {codec.payloadType}",
                f"c=IN IP4 {HOST}",
                f"a=mid:{media.rtp.muxId}",
                "a=recvonly" if peer.is_publisher else "a=sendonly",
                "a=rtcp-mux",
                f"a=ice-ufrag:{peer.ufrag}",
                f"a=ice-pwd:{peer.password}",
                f"a=fingerprint:sha-256 {digest}",
                "a=setup:passive",
                # An address where nobody answers comes first: the client must try them all.
                "a=candidate:1 1 udp 2130706431 127.1.2.3 9 typ host",
                f"a=candidate:2 1 udp 2130706430 {HOST} {self.port} typ host",
            ]
            lines += [f"a=extmap:{x.id} {x.uri}" for x in media.rtp.headerExtensions]
            if peer.is_publisher and media.kind == "video":
                lines += [f"a=rid:{rid} recv" for rid in peer.rids]
                lines += [f"a=simulcast:recv {';'.join(peer.rids)}"]
            elif not peer.is_publisher:
                lines += [f"a=ssrc:{OUT_SSRC + place} cname:standin"]
        return "\r\n".join([*lines, ""])

    # --- the websocket ---

    async def ws(self, http: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(http)
        async for message in ws:
            if message.type is not WSMsgType.TEXT:
                continue
            frame = json.loads(message.data)
            self.told.append(frame)
            if frame["type"] == "hello":
                self.sockets.setdefault(self.tokens[frame["token"]], []).append(ws)
                await ws.send_json({"type": "welcome"})
        return ws

    async def say(self, number: int, **frame: object) -> None:
        await self.sockets[number][-1].send_json(frame)

    # --- packets ---

    def read(self) -> None:
        while True:
            try:
                data, address = self.socket.recvfrom(2048)
            except BlockingIOError:
                return
            if data[0] < 4:
                self.take_stun(data, address)
                continue
            peer = next((p for p in self.peers if p.address == address), None)
            if peer is None:
                continue
            if 20 <= data[0] < 64:
                peer.queue.put_nowait(data)
            elif peer.dtls._rx_srtp and 192 <= data[1] <= 223:
                peer.controls.append(peer.dtls._rx_srtp.unprotect_rtcp(data))
            elif peer.dtls._rx_srtp and peer.lose_next:
                peer.lose_next, peer.lost = False, data
            elif peer.dtls._rx_srtp:
                self.take_rtp(peer, peer.dtls._rx_srtp.unprotect(data))

    def take_stun(self, data: bytes, address: tuple[str, int]) -> None:
        message = stun.parse_message(data)
        name = message.attributes["USERNAME"].split(":")[0]
        peer = next((p for p in self.peers if p.ufrag == name), None)
        if peer is None or not message.check_message_integrity(peer.password.encode()):
            return
        reply = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
        reply.attributes["XOR-MAPPED-ADDRESS"] = address
        reply.add_message_integrity(peer.password.encode())
        self.socket.sendto(bytes(reply), address)
        if "USE-CANDIDATE" in message.attributes:
            peer.address = address
            peer.ready.set()

    def take_rtp(self, peer: StandInPeer, data: bytes) -> None:
        if self.keep:
            peer.received.append(data)
        ssrc = struct.unpack_from("!I", data, 8)[0]
        elements, start = packets.read_extension(data)
        if rid := elements.get(EXTENSIONS[packets.RID]):
            peer.layers[ssrc] = rid.decode()
        is_audio = data[1] & 0x7F == 111
        if self.shown is not None and peer.number != self.shown:
            return
        if not is_audio and peer.layers.get(ssrc) != self.layer:
            return
        out = OUT_SSRC + (2 if is_audio else 0)
        for watcher in self.peers:
            other = watcher.number != peer.number or len(self.tokens) == 1
            if not watcher.is_publisher and watcher.is_connected and other:
                # One line of sequence numbers per slot, whatever layer feeds it.
                sequence = watcher.sequences[out] = watcher.sequences.get(out, 0) + 1 & 0xFFFF
                head = struct.pack("!BBH4sI", 0x80, data[1], sequence, data[4:8], out)
                watcher.send_rtp(head + data[start:])

    def publisher(self, number: int) -> StandInPeer:
        return next(p for p in self.peers if p.is_publisher and p.number == number)

    def watcher(self, number: int) -> StandInPeer:
        return next(p for p in self.peers if not p.is_publisher and p.number == number)
