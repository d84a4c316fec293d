"""Templates of self-contained pages; all begin with ``report/head.html``, which has their style."""

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, Template


def page_template(package: str, name: str) -> Template:
    """The template `name` that lies in the folder of `package`."""
    return Environment(
        loader=ChoiceLoader(
            [PackageLoader(package, "."), PackageLoader("cqdphotonics.report", ".")]
        ),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    ).get_template(name)
