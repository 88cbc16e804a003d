"""Identity: the evidence a visitor gives, and what the prison found.

A machine may say how far a selfie is from the face in the document; it decides nothing. An officer who did
not hand the evidence in decides once on each piece, and what was rejected may be followed by new evidence.
For a child an adult answers: no document and no template of the child is needed.

    submit -> WAITING -- verify --> VERIFIED
                      -- reject --> (new evidence may follow)
"""

from domain.identity.commands import (
    RejectIdentity,
    SubmitEvidence,
    VerifyIdentity,
    VouchForChild,
)
from domain.identity.decisions import (
    boundary,
    decide,
    evolve,
    initial,
)
from domain.identity.events import (
    DocumentKind,
    GuardianRelation,
    GuardianVouchedForChild,
    IdentityEvidenceSubmitted,
    IdentityRejected,
    IdentityRejectedBecause,
    IdentityVerified,
)

__all__ = [
    "DocumentKind",
    "GuardianRelation",
    "GuardianVouchedForChild",
    "IdentityEvidenceSubmitted",
    "IdentityRejected",
    "IdentityRejectedBecause",
    "IdentityVerified",
    "RejectIdentity",
    "SubmitEvidence",
    "VerifyIdentity",
    "VouchForChild",
    "boundary",
    "decide",
    "evolve",
    "initial",
]
