"""The container files, without an engine: linted, and held against what they promise."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]
HADOLINT = Path(sys.executable).with_name("hadolint")


def instructions(name: str) -> list[str]:
    """The arguments of every instruction of a kind, lines that go on joined."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^{name}\s+(.*)$", joined, re.MULTILINE)


def test_the_dockerfile_passes_its_linter():
    program = shutil.which("hadolint") or str(HADOLINT)
    found = subprocess.run([program, str(ROOT / "Dockerfile")], capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (0, "")


def test_the_image_runs_as_a_user_that_is_not_root_and_says_how_it_is():
    (user,) = instructions("USER")
    assert all(int(each) > 0 for each in user.split(":"))
    (health,) = instructions("HEALTHCHECK")
    assert "/health" in health


def test_the_image_is_of_an_interpreter_that_the_package_supports():
    least = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    images = [each.split()[0] for each in instructions("FROM")]
    assert images[-1].startswith("python:")
    for image in (each for each in images if each.startswith("python:")):
        version = re.fullmatch(r"python:(\d+)\.(\d+)-slim-bookworm", image)
        assert version is not None
        assert tuple(map(int, version.groups())) >= tuple(
            map(int, least.removeprefix(">=").split("."))
        )


def test_only_what_the_image_needs_is_sent_to_the_builder():
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    sent = {line.removeprefix("!") for line in kept if line.startswith("!")}
    here = [each for each in instructions("COPY") if not each.startswith("--from")]
    copied = {name.split("/")[0] for each in here for name in each.split()[:-1]}
    assert sent == copied
    assert "*" in kept


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_cannot_write_its_root_or_gain_rights(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "healthcheck" in service or "build" in service


def test_the_service_has_no_capabilities_and_a_policy():
    api = SERVICES["api"]
    assert api["cap_drop"] == ["ALL"]
    assert api["environment"]["MPI_POLICY"]
    assert api["depends_on"]["index"]["condition"] == "service_healthy"


def test_nothing_listens_beyond_the_machine_and_the_database_on_nothing():
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["api"]["ports"])
    assert "ports" not in SERVICES["index"]
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert SERVICES["index"]["networks"] == ["inside"]


def test_no_secret_is_written_down():
    for service in SERVICES.values():
        for name, value in service["environment"].items():
            if "PASSWORD" in name:
                assert value.startswith("${")
                assert ":?" in value


def test_every_volume_is_declared():
    used = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
        if not volume.startswith(".")
    }
    assert used == set(COMPOSE["volumes"])
