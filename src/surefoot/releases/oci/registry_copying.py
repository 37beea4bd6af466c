"""Copy a bundle between a layout here and a registry."""

from surefoot.local import Progress, Report
from surefoot.releases.oci.contents import verify_bundle
from surefoot.releases.oci.layout import Layout
from surefoot.releases.oci.packing import Packed, put_bundle
from surefoot.releases.oci.registry import Registry
from surefoot.releases.trust import Trust


async def pull_bundle(
    registry: Registry, target: Layout, tag: str, *, trust: Trust, report: Report
) -> Packed:
    """Bring the bundle that a registry's tag names; names and sizes are refused before any blob is fetched.

    Blobs that are here are not fetched again, and each is checked as it comes. The tag here moves last.
    Raises what `Registry` raises, and what `put_bundle` does.
    """
    bundle = await registry.bundle(tag)
    return await put_bundle(target, bundle, registry.bring, trust=trust, report=report)


async def push_bundle(
    source: Layout, registry: Registry, tag: str, *, trust: Trust, report: Report
) -> Packed:
    """Send the bundle that a tag here names, once all of it is found to be what it says; the tag is last."""
    bundle = source.bundle(tag)
    verified = verify_bundle(source, bundle, trust=trust)
    blobs = {blob.digest: blob for blob in (*bundle.files, bundle.own_blobs()[0][0])}.values()
    missing = [blob for blob in blobs if not await registry.has(blob)]
    total, done = sum(blob.size for blob in missing), 0
    for blob in missing:
        report(Progress(step="bundle", done=done, total=total, unit="bytes"))
        await registry.send(blob, source.file(blob))
        done += blob.size
    moved = await registry.digest(tag) != bundle.digest
    if moved:
        await registry.point(tag, bundle, source.file(bundle.own_blobs()[1][0]))
    return Packed(verified=verified, written=total, moved=moved)
