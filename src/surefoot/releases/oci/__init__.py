"""Bundles: all that a channel serves, as one content-addressed OCI artifact in an OCI layout."""

from surefoot.releases.oci.bundle import Bundle, BundleFile
from surefoot.releases.oci.contents import Verified, verify_bundle
from surefoot.releases.oci.layout import Layout
from surefoot.releases.oci.packing import Packed, copy_bundle, files_of_release, pack_bundle
from surefoot.releases.oci.unpacking import unpack_bundle

__all__ = [
    "Bundle",
    "BundleFile",
    "Layout",
    "Packed",
    "Verified",
    "copy_bundle",
    "files_of_release",
    "pack_bundle",
    "unpack_bundle",
    "verify_bundle",
]
