"""What the service says of itself; open to everybody, because it says nothing of anybody."""

from __future__ import annotations

from fastapi import APIRouter, Response
from starlette.exceptions import HTTPException

from mpi.api.fhir.door import DoorDep
from mpi.fhir.capability import capability_statement, operation_definitions
from mpi.settings import version

router = APIRouter()


@router.get("/metadata")
def metadata(door: DoorDep) -> Response:
    """The CapabilityStatement."""
    return door.respond(capability_statement(door.base, version()))


@router.get("/OperationDefinition/{code}")
def operation_definition(code: str, door: DoorDep) -> Response:
    """What an operation takes and returns."""
    found = operation_definitions(door.base).get(code)
    if found is None:
        raise HTTPException(404)
    return door.respond(found)
