"""What `stagecopy snapshot list` tells: manifests and receipts alone, no engine is asked."""

from __future__ import annotations

from stagecopy.config.load import Project
from stagecopy.home import Home
from stagecopy.model.snapshot import ListedSnapshot
from stagecopy.staging.snapshots import all_snapshots, read_receipt, read_served, receipt_path


def listed(project: Project) -> list[ListedSnapshot]:
    """Every snapshot, the newest first."""
    home = Home(project.home, project.name)
    served = read_served(home)
    found = []
    for snapshot in reversed(all_snapshots(home)):
        receipt = read_receipt(home, snapshot.id)
        found.append(
            ListedSnapshot(
                id=snapshot.id,
                taken_at=snapshot.taken_at,
                rows=sum(snapshot.rows.values()),
                masked=sum(map(len, snapshot.masked.values())),
                subset=bool(snapshot.subset),
                served=served is not None and served.snapshot == snapshot.id,
                engine=snapshot.engine.name,
                backup=snapshot.backup,
                key_id=snapshot.key_id,
                personal_kept=None if receipt is None else len(receipt["personal_kept"]),
                checked=None if receipt is None else receipt["audit"]["checked"],
                leaks=None if receipt is None else receipt["audit"]["leaks"],
                receipt=None if receipt is None else str(receipt_path(home, snapshot.id)),
            )
        )
    return found
