"""Ganvas: pretrained GANs as functions. `load_pipeline(id)` gives an object that makes pictures."""

from gan_models import convert
from gan_models.cluster import TRAINING as CLUSTER_TRAINING
from gan_models.cluster import ClusterError, cluster_pipelines, uses_ray
from gan_models.cluster.wire import portable
from gan_models.convert.add_user_model import (
    add_user_model,
    guess_format,
    model_formats,
    read_options,
)
from gan_models.jobs import Deleted, Draft, JobError, Jobs, JobStatus, NotFound, Quotas
from gan_models.learning.film_sheet import draw_enlarged_sheet as draw_large_digit_sheet
from gan_models.learning.film_sheet import draw_plane as draw_digit_plane
from gan_models.learning.film_sheet import draw_sheet as draw_digit_sheet
from gan_models.learning.film_sheet import score_text as digit_score_text
from gan_models.learning.live import PRESETS as LIVE_PRESETS
from gan_models.learning.live import (
    GoneError,
    LiveTrainings,
    picture_as_json,
)
from gan_models.learning.live import Run as LiveRun
from gan_models.learning.live import Session as LiveSession
from gan_models.learning.live import Settings as LiveSettings
from gan_models.learning.live import draw_picture as draw_live_picture
from gan_models.learning.live import film_frames as live_film_frames
from gan_models.learning.live import num_film_frames as num_live_film_frames
from gan_models.learning.live import pack_points as pack_live_points
from gan_models.learning.live import preset_settings as live_preset_settings
from gan_models.learning.live import run_preset as run_live_preset
from gan_models.learning.player import DigitFilm
from gan_models.learning.player import film_names as digit_film_names
from gan_models.learning.player import open_film as open_digit_film
from gan_models.media.curves import read_curves
from gan_models.media.curves import scale as scale_curves
from gan_models.media.curves import thin as thin_curve
from gan_models.media.images import grid, read_provenance, save_picture, save_png
from gan_models.media.limits import MAX_ENLARGED_MEGAPIXELS, Limits, limits, use_limits
from gan_models.media.limits import PRIVATE as PRIVATE_LIMITS
from gan_models.media.limits import PUBLIC as PUBLIC_LIMITS
from gan_models.media.mark import mark_text
from gan_models.media.openraster import Layer, save_openraster
from gan_models.media.photos import count_frames, depth_note, read_clip, read_photo
from gan_models.media.provenance import (
    DIGITS_FILM,
    SHEETS_OF_TRAININGS,
    before_task,
    pictures_of,
)
from gan_models.media.video import VideoWriter
from gan_models.paths import ganvas_home
from gan_models.pipelines import (
    ClassPipeline,
    ClassPoint,
    CropPreview,
    EnlargeCancelled,
    EnlargePlan,
    EnlargeProgress,
    LatentPipeline,
    Painting,
    Patch,
    PipelineCache,
    RestorationPipeline,
    SemanticPipeline,
    TranslationPipeline,
    check_strength,
    class_names,
    describe_models,
    error_map,
    find_class,
    load_pipeline,
)
from gan_models.pipelines.loading import Pipeline
from gan_models.seeds import check_truncation_psi, format_seeds, parse_seeds
from gan_models.weights import (
    MissingWeightsError,
    WeightsError,
    availability,
    can_fetch,
    get_spec,
    list_models,
    provenance_is_current,
)
from gan_models.zoo import ModelSpec, inverse_of
from gan_models.zoo.user_models import remove_user_model
