"""The application behind ``cqd``: its options, its commands, and how it ends.

Nothing heavy is imported here or by the command modules when they load: ``cqd --help`` answers
at once, and a command pays only for what it uses.

Exit codes: 0 done as asked, 1 could not be done, 2 wrong input, 70 a fault of the program,
130 interrupted.
"""

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from importlib import import_module
from typing import Annotated

import click
import typer

from cqdphotonics.cli.output import emit, only_results_on_stdout, say
from cqdphotonics.errors import CqdError, InputError

__all__ = [
    "JsonOption",
    "ParameterOption",
    "app",
    "emit",
    "main",
    "parse_parameters",
    "say",
]

COMMAND_MODULES = (
    "quantum", "layout", "materials", "nominal", "drc", "simulate", "lattice", "bands", "codesign",
    "tapeout", "doctor",
)  # fmt: skip
"""Modules of this package that hold commands, in the order of ``cqd --help``."""

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON object on stdout, and nothing else there.")
]
"""The type of the ``--json`` option: ``json: JsonOption = False``."""

ParameterOption = Annotated[
    list[str] | None,
    typer.Option(
        "--parameter", "-p", metavar="KEY=VALUE", help="A parameter; may be given many times."
    ),
]
"""The type of the ``-p key=value`` option: ``parameter: ParameterOption = None``."""

app = typer.Typer(
    name="cqd",
    help="From a colloidal quantum dot and a parametric device to indistinguishable, collected "
    "photons, with the GDS that makes them.\n\nLengths are in µm, times in ps, rates in rad/ps, "
    "temperatures in K.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from cqdphotonics import __version__

        typer.echo(f"cqdphotonics {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    pass


def parse_parameters(texts: Iterable[str] | None) -> dict[str, object]:
    """Parameters from the texts of ``-p key=value`` options.

    Parameters
    ----------
    texts : iterable of str, or None
        For example ``["radius=1.2", "rings=5", "apodised=true"]``.

    Returns
    -------
    dict
        Name to int, float, bool (``true``/``false``) or, for anything else, str.

    Raises
    ------
    InputError
        If a text is not of the form ``key=value``, or a key comes twice.
    """
    parameters: dict[str, object] = {}
    for text in texts or ():
        key, equals, value = (part.strip() for part in text.partition("="))
        if not (key.isidentifier() and equals and value):
            raise InputError(
                f"'-p {text}' is not of the form key=value. Write for example: -p radius=1.2"
            )
        if key in parameters:
            raise InputError(f"'{key}' is given twice with -p. Give it once.")
        parameters[key] = _parse_value(value)
    return parameters


def _parse_value(text: str) -> object:
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``cqd`` with `arguments` (default: the process's own) and return its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    try:
        with only_results_on_stdout() if as_json else nullcontext():
            code = _run(given, as_json)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has gone. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _run(arguments: list[str], as_json: bool) -> int:
    try:
        returned = app(arguments, prog_name="cqd", standalone_mode=False)
        code = returned if isinstance(returned, int) else 0
        if code == 130:  # how click passes a KeyboardInterrupt on
            raise KeyboardInterrupt
        return code
    except KeyboardInterrupt:
        message = "interrupted; the same command goes on from here"
        return _fail("KeyboardInterrupt", message, 130, as_json, lead="\n")
    except click.exceptions.NoArgsIsHelpError as error:
        say(error.format_message())
        return error.exit_code
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f"\n{context.command_path} --help tells more." if context else ""
        return _fail("UsageError", error.format_message() + hint, error.exit_code, as_json)
    except BrokenPipeError:
        raise
    except Exception as error:
        if os.environ.get("CQD_DEBUG") == "1":
            raise
        name = type(error).__name__
        if isinstance(error, CqdError):
            return _fail(name, str(error), error.exit_code, as_json)
        if isinstance(error, OSError) and error.filename is not None:
            return _fail(name, f"'{error.filename}': {error.strerror}", 1, as_json)
        message = (
            f"this is a fault of cqdphotonics, not yours: {name}: {error}\n"
            "With CQD_DEBUG=1 in the environment the same command shows where."
        )
        return _fail(name, message, 70, as_json)


def _fail(name: str, message: str, code: int, as_json: bool, lead: str = "") -> int:
    say(f"{lead}cqd: {message}")
    if as_json:
        emit({"error": name, "message": message}, "", True)
    return code


# Last, since the command modules import the helpers above.
for _name in COMMAND_MODULES:
    import_module(f"cqdphotonics.cli.{_name}").register(app)
