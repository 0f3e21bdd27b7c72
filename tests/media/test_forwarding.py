from server.media.model import Choice
from tests.media.callers import until
from tests.media.conftest import CallerMaker


async def test_a_viewer_sees_and_hears_what_is_published(caller: CallerMaker) -> None:
    await caller("12").publish(shade=200, hertz=440).join()
    viewer = await caller("1").watch(video=1, audio=1).join({0: Choice("12")})
    picture, sound = viewer.ears
    await until(lambda: picture.frames > 20 and sound.frames > 40)
    assert abs(picture.shade - 200) < 12
    assert abs(sound.pitch - 440) < 60
