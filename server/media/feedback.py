"""Once a second for each peer: its reports, its budget and its place on the quality ladder."""

from server.media import rtcp
from server.media.model import SourceHealth
from server.media.rooms import Member


def judge_viewer(now: float, member: Member) -> None:
    """Move a viewer on its quality ladder by the loss it reported since the last call."""
    member.resends = 0
    share = member.viewer_loss.take()
    if share is not None:
        member.viewer_share = share
        member.ladder.report(now, share)


def report_to_publisher(now: float, member: Member, own_ssrc: int) -> bytes:
    """Return the compound for a publisher: a receiver report, with video a REMB too.

    Without a REMB (or transport-wide feedback) a browser stays at 300 kbit/s.
    """
    streams = member.ingress.streams.values()
    blocks = tuple(
        stream.reports.block(
            now,
            ssrc=stream.ssrc,
            received=stream.missing.received,
            gaps=stream.missing.gaps,
            newest=stream.missing.newest,
            clock=stream.clock,
        )
        for stream in streams
    )
    compound = rtcp.write_receiver_report(rtcp.ReceiverReport(own_ssrc, blocks))
    video = tuple(stream.ssrc for stream in streams if stream.kind == "video")
    received_bps = _count(member)
    if video:
        loss = max(stream.reports.fraction for stream in streams)
        bps = member.budget.update(received_bps=received_bps, loss=loss)
        compound += rtcp.write_remb(rtcp.Remb(own_ssrc, bps, video))
    return compound


def _count(member: Member) -> int:
    """Take the bits and frames of the last second into ``health``; return the bits of video."""
    before = member.counted
    counted = {s.ssrc: (s.octets, s.frames) for s in member.ingress.streams.values()}
    bits = frames = 0
    sounds = False
    for stream in member.ingress.streams.values():
        octets_before, frames_before = before.get(stream.ssrc, (0, 0))
        octets, pictures = counted[stream.ssrc]
        if stream.kind == "audio":
            sounds = octets > octets_before
            continue
        bits += 8 * (octets - octets_before)
        frames = max(frames, pictures - frames_before)
    member.counted = counted
    loss = max((s.reports.fraction for s in member.ingress.streams.values()), default=0.0)
    member.health = SourceHealth(
        room=member.room.name,
        source=member.source,
        video_kbps=round(bits / 1000),
        audio=sounds,
        loss_percent=round(100 * loss, 1),
        fps=float(frames),
        rtt_ms=member.rtt_ms,
    )
    return bits
