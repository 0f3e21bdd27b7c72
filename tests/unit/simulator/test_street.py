"""The street as a program: its configuration and its words when it cannot begin."""

import json
from pathlib import Path

import pytest

from server.simulator.street import main, read_config
from server.simulator.venue import Identity

CONFIG = {
    "base_url": "http://127.0.0.1:8080/",
    "journals": "j",
    "loops": "l",
    "venues": [{"number": 1, "name": "云杉苑", "token": "t"}],
}


def test_a_configuration_is_read() -> None:
    config = read_config(json.dumps(CONFIG))
    assert config.base_url == "http://127.0.0.1:8080"
    assert config.journals == Path("j")
    assert config.venues == (Identity(1, "云杉苑", "t"),)


@pytest.mark.parametrize(("taking_part", "came"), [(None, 2), (1, 1), (0, 0)])
def test_the_first_ones_take_part_or_all(taking_part: int | None, came: int) -> None:
    two = [{"number": number, "name": "", "token": "t"} for number in (1, 2)]
    config = read_config(json.dumps(CONFIG | {"venues": two, "taking_part": taking_part}))
    assert len(config.venues) == came


@pytest.mark.parametrize("field", list(CONFIG))
def test_a_missing_field_is_named(field: str) -> None:
    fields = {key: value for key, value in CONFIG.items() if key != field}
    with pytest.raises(ValueError, match=field):
        read_config(json.dumps(fields))


def test_a_street_without_its_file_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(tmp_path / "none.json")]) == 1
    assert "none.json" in capsys.readouterr().err
