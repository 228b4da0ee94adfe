"""FHIR R4 as plain dictionaries: Patients to Records and back, and the answers of the profiles.

A shape that records arrive in, and answers leave in; nothing else of the index thinks in FHIR.
`reading` and `writing` map a Patient, `domains` the URIs of identifiers; `pix` is `$ihe-pix`,
`bundles` the answers of a search and of `$match`, `outcomes` errors, `capability` what a server
says of itself. Validating what a client sends is up to the door (`mpi.api.fhir`); what comes in a
feed is read with suspicion instead.
"""
