"""The jobs of one way of running: the same for a class and for a student who checks."""

from ..claims.inventory import Inventory
from .book_file import RunSettings
from .submission_run import Job
from .submissions import Submission


class Jobs:
    """Makes the job of each submission."""

    def __init__(self, settings: RunSettings, inventory: Inventory, sandbox: str) -> None:
        """The sandbox is none of the settings: shards may run on machines with different ones."""
        self.settings, self.sandbox = settings, sandbox
        asked = {function for claim in settings.claims for test in inventory.by_claim[claim] for function in test.asks}
        self.topics = sorted({function.partition(".")[0] for function in asked})

    def job(self, submission: Submission, fingerprint: str, key: str) -> Job:
        """The job of a submission with this fingerprint."""
        settings = self.settings
        return Job(
            submission=submission,
            fingerprint=fingerprint,
            key=key,
            claims=settings.claims,
            topics=self.topics,
            exact=settings.exact,
            seed=settings.seed,
            device=settings.device,
            sandbox=self.sandbox,
            limits=settings.limits,
        )
