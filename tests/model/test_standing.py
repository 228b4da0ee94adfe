"""Which release is the current one, and whether a release was released."""

from __future__ import annotations

import json

import pytest

from mpi.errors import ModelNotFound, UnusableModel, UnwritableOutput
from mpi.model.parameters import load
from mpi.model.standing import current_of, folder_of, make_current, released_on, write_aside
from tests.training.judged import release_of, saved


@pytest.fixture
def models(tmp_path):
    """A folder with two releases."""
    for name in ("one", "two"):
        saved(release_of(name), tmp_path / "models" / name)
    return tmp_path / "models"


def test_a_folder_of_releases_stands_for_the_current_one(models):
    make_current(models / "two")
    assert (models / "current").read_text() == "two\n"
    assert current_of(models) == folder_of(models) == models / "two"
    assert load(models).name == "two"
    make_current(models / "one")
    assert load(models).name == "one"
    assert {path.name for path in models.iterdir()} == {"one", "two", "current"}


def test_a_release_stands_for_itself_whatever_is_current(models):
    make_current(models / "two")
    assert folder_of(models / "one") == models / "one"
    assert load(models / "one").name == "one"


def test_without_a_pointer_nothing_is_current(models):
    assert current_of(models) is None
    with pytest.raises(ModelNotFound, match="mpi train"):
        folder_of(models)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("three\n", ModelNotFound),
        ("", UnusableModel),
        ("..\n", UnusableModel),
        ("../models/one", UnusableModel),
        ("/etc", UnusableModel),
        ("one\ntwo\n", UnusableModel),
        ("one\x00", UnusableModel),
        (b"\xff\xfe", UnusableModel),
        ("n" * 5_000, UnusableModel),
    ],
)
def test_a_pointer_that_leads_nowhere_is_named_and_not_followed(models, content, error):
    raw = content if isinstance(content, bytes) else content.encode()
    (models / "current").write_bytes(raw)
    with pytest.raises(error) as caught:
        load(models)
    assert str(models) in caught.value.message
    assert "current" in caught.value.message


def test_no_release_may_stand_in_the_place_of_the_pointer(models):
    saved(release_of("current"), models / "current")
    for folder in (models / "current", models / "one"):
        with pytest.raises(UnwritableOutput, match="may be called"):
            make_current(folder)


def test_a_stamp_counts_for_the_release_it_was_given_to(models):
    folder, identity = models / "one", load(models / "one").identity
    assert released_on(folder, identity) is None
    stamp = {"release": "one", "identity": identity, "date": "2026-11-22"}
    (folder / "released.json").write_text(json.dumps(stamp))
    assert released_on(folder, identity) == "2026-11-22"
    assert released_on(folder, "0123456789abcdef") is None


@pytest.mark.parametrize("content", ["{", "[]", "{}", '"text"', '{"identity": "x"}'])
def test_a_damaged_stamp_is_named(models, content):
    (models / "one" / "released.json").write_text(content)
    with pytest.raises(UnusableModel) as caught:
        released_on(models / "one", "x")
    assert caught.value.where == {"folder": models / "one", "file": "released.json"}


def test_writing_aside_leaves_the_old_file_or_the_new_one(tmp_path):
    path = tmp_path / "note"
    write_aside(path, "first")
    write_aside(path, "second")
    assert path.read_text() == "second"
    assert [each.name for each in tmp_path.iterdir()] == ["note"]
    (tmp_path / "folder").mkdir()
    with pytest.raises(UnwritableOutput) as caught:
        write_aside(tmp_path / "folder", "text")
    assert caught.value.where == {"file": tmp_path / "folder"}
    assert {each.name for each in tmp_path.iterdir()} == {"note", "folder"}


@pytest.mark.parametrize("name", ["term_frequencies.parquet", "suppressed_keys.parquet"])
@pytest.mark.parametrize("content", [None, b"", b"PAR1"])
def test_the_file_that_is_damaged_is_named(models, name, content):
    path = models / "one" / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnusableModel) as caught:
        load(models / "one")
    assert caught.value.where == {"folder": models / "one", "file": name}


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("levels", {"name": {"exact": {"m": 0.9}}}, "TypeError"),
        ("thresholds", {"low": 5, "join": 1}, "threshold low is above"),
        ("rules", ["by the moon"], "KeyError"),
    ],
)
def test_what_is_wrong_with_the_parameters_is_said(models, part, value, said):
    path = models / "one" / "parameters.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {part: value}))
    with pytest.raises(UnusableModel, match=said) as caught:
        load(models / "one")
    assert caught.value.where["file"] == "parameters.json"
