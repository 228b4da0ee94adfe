"""Access to an index, as one deployment grants it: policy, credentials, rates and audit together.

Without a policy everybody may ask everything and nothing is written down, which is for a
developer's own machine only: doors see to it that such a service listens there and nowhere else.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from mpi.access.account import Recorder
from mpi.access.anchoring import Anchoring
from mpi.access.anchors import AnchorFile, Anchors
from mpi.access.audit import Audit
from mpi.access.caller import ANYBODY, Caller, admitted
from mpi.access.jwks import KeySet, fetching
from mpi.access.keyed import Keyed
from mpi.access.operations import Operation
from mpi.access.policy import Policy, Rate
from mpi.access.question import Question
from mpi.access.rates import NOBODY, Rates
from mpi.access.tokens import Tokens
from mpi.errors import MPIError, NotAuthenticated, NotPermitted, TooManyRequests, UsageError


class Access:
    """What stands between a request and the index. Threads may share it."""

    def __init__(self, policy: Policy | None = None) -> None:
        """Args: policy, None for an open service. Opens nothing yet but the secret of the audit.

        Raises InvalidPolicy, InvalidAudit.
        """
        self.policy = policy
        self.rates = Rates()
        self.audit: Audit | None = None
        self._recorder: Recorder | None = None
        self._tokens: Tokens | None = None
        self._anchoring: Anchoring | None = None
        if policy is not None:
            self._begin(policy)

    def _begin(self, policy: Policy) -> None:
        rules = policy.document.authentication
        keys = KeySet(fetching(rules.jwks, policy.folder)) if rules else None
        self._tokens = Tokens(policy, keys)
        places = policy.document.audit
        anchors = AnchorFile(policy.path(places.anchors))
        self.audit = Audit(policy.path(places.folder), anchors)
        self._recorder = Recorder(self.audit, Keyed.at(policy.path(places.key), create=True))

    @property
    def knows_callers(self) -> bool:
        """Whether callers show tokens, so that it does not matter from where they ask."""
        return self.policy is not None and self.policy.document.authentication is not None

    def require_authentication(self) -> None:
        """Refuse to serve other machines without tokens, or with keys for development.

        Raises UsageError.
        """
        if self.policy is None or not self.knows_callers:
            raise UsageError(
                "Authentication is not configured, so the API listens on loopback only: "
                "give --host 127.0.0.1, or a policy with [authentication]."
            )
        if self.policy.has_development_keys:
            raise UsageError(
                "The policy has development keys, so the API listens on loopback only: "
                "take out every development_key_sha256."
            )

    def wants_keys(self, authorisation: str) -> bool:
        """Whether `fetch_keys` should be called before this request is judged."""
        return self._tokens is not None and self._tokens.wants_fetching(authorisation)

    def fetch_keys(self) -> None:
        """Fetch the keys of the issuer; waits for the network."""
        if self._tokens is not None:
            self._tokens.fetch()

    def question(
        self,
        operation: Operation,
        request_id: str,
        *,
        credentials: tuple[str, str] = ("", ""),
        purpose: str = "",
    ) -> Question:
        """Let a request in, or not.

        Args: credentials, the header Authorization and a development key. The question has a
        `refusal` if it was not let in, to be raised: NotAuthenticated, NotPermitted,
        PurposeNotPermitted or TooManyRequests.
        """
        if self.policy is None or self._tokens is None:
            return Question(ANYBODY, operation, request_id)
        caller, refusal = self._admitted(operation, credentials, purpose)
        question = Question(caller, operation, request_id, recorder=self._recorder)
        if refusal is None:
            try:
                question.refusals = self.rates.take(caller.client, caller.rate or NOBODY)
            except TooManyRequests as error:
                refusal = error
        if isinstance(refusal, TooManyRequests):
            question.written, question.refusals = refusal.repeated, refusal.refusals
        question.refusal = refusal
        return question

    def _admitted(
        self, operation: Operation, credentials: tuple[str, str], purpose: str
    ) -> tuple[Caller, MPIError | None]:
        """Who asks, as far as that is known, and why they may not, if so."""
        assert self.policy is not None
        assert self._tokens is not None
        stranger = Caller(client="", policy=self.policy.name)
        try:
            proof = self._tokens.proof(*credentials)
        except NotAuthenticated as error:
            return stranger, self._too_often("", NOBODY) or error
        known = self.policy.client(proof.client)
        if known is None:
            return stranger, self._too_often("", NOBODY) or NotAuthenticated()
        try:
            return admitted(self.policy, proof, operation, purpose), None
        except NotPermitted as error:
            rate = self.policy.profile(known).rate
            refused = replace(stranger, client=proof.client, organisation=known.organisation)
            return refused, self._too_often(proof.client, rate) or error

    def _too_often(self, client: str, rate: Rate) -> TooManyRequests | None:
        try:
            self.rates.take(client, rate)
        except TooManyRequests as error:
            return error
        return None

    def charge(self, question: Question, cost: int) -> None:
        """Take from the client's rate what a request costs beyond being one."""
        self.rates.owe(question.caller.client, cost)

    @property
    def audit_name(self) -> str:
        """What the audit is called where those of several services are anchored."""
        return self._recorder.keyed.audit if self._recorder else ""

    def anchor_in(self, place: Anchors) -> None:
        """Note where the audit stands in another place too, at intervals, until it is closed."""
        if self.audit is not None:
            self._anchoring = Anchoring(self.audit, place)
            self._anchoring.start()

    def close(self) -> None:
        """End the audit's chain."""
        if self._anchoring is not None:
            self._anchoring.stop()
        if self.audit is not None:
            self.audit.close()


def opened(policy: Path | None, sources: Path | None = None) -> Access:
    """The access that a policy file grants; open without one. Raises InvalidPolicy."""
    from mpi.access.loader import load_policy

    return Access(load_policy(policy, sources) if policy else None)
