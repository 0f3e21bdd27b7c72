"""``make demo``: a made-up street that is at work, kept in one folder, going on where it was."""

import sys
from pathlib import Path

from server.app import running, told_to_stop
from server.auth.store import count_accounts
from server.config import load_secret, read_settings
from server.db.engine import Database
from server.db.migrate import upgrade
from server.simulator.demo_street import ACCOUNTS, enter_street

PASSWORD = "pinhui-demo"  # noqa: S105 - printed for everybody, of a street that does not exist


async def run_demo(data_dir: Path, host: str, port: int) -> int:
    """Serve the demo street until told to stop.

    Args:
        data_dir: where it is kept; an existing one goes on.
        host: address to serve on.
        port: TCP port of the pages.

    Raises:
        OSError: when the port is taken.
    """
    settings = read_settings(None, {}, data_dir=data_dir, host=host, port=port, media_port=0)
    secret = load_secret(data_dir)
    upgrade(settings.database)
    db = Database(settings.database)
    async with db.view() as tx:
        fresh = await count_accounts(tx) == 0
    if fresh:
        await enter_street(db, secret, PASSWORD)
    await db.close()
    async with running(settings):
        _welcome(host, port)
        await told_to_stop()
    return 0


def _welcome(host: str, port: int) -> None:
    shown_host = "localhost" if host == "127.0.0.1" else host
    lines = [
        "",
        f"  拼会演示街道  Pinhui demo street   http://{shown_host}:{port}",
        "",
        "  账号 account   密码 password    身份 role",
        *(f"  {name:<14} {PASSWORD:<14}  {shown}" for name, shown, *_ in ACCOUNTS),
        "",
        "  停止 stop: Ctrl+C",
        "",
    ]
    sys.stdout.write("\n".join(lines))
    sys.stdout.flush()
