"""Find, download, verify, read and save weights."""

from gan_models.weights.catalogue import get_spec, list_models, provenance_is_current, spec_of_file
from gan_models.weights.errors import (
    CorruptWeightsError,
    DownloadCancelled,
    MissingWeightsError,
    UnsafeWeightsError,
    WeightsError,
)
from gan_models.weights.io import (
    assemble,
    load_checkpoint,
    read_metadata,
    read_tensors,
    save_generator,
)
from gan_models.weights.load import companion, companion_path, load_network
from gan_models.weights.locate import (
    availability,
    can_fetch,
    ensure,
    find,
    is_offline,
    verify_all,
)

__all__ = [
    "CorruptWeightsError",
    "DownloadCancelled",
    "MissingWeightsError",
    "UnsafeWeightsError",
    "WeightsError",
    "assemble",
    "availability",
    "can_fetch",
    "companion",
    "companion_path",
    "ensure",
    "find",
    "get_spec",
    "is_offline",
    "list_models",
    "load_checkpoint",
    "load_network",
    "provenance_is_current",
    "read_metadata",
    "read_tensors",
    "save_generator",
    "spec_of_file",
    "verify_all",
]
