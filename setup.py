"""Which packages the wheel and the Scrapyd egg hold; all else is in pyproject.toml.

``data/`` stands at the top of the checkout, where people look for it, and is installed
as ``icpcrawl/data``: ``icpcrawl.datafiles`` finds either. ``scrapyd-deploy`` calls this
file to build its egg.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["icpcrawl", "icpcrawl.*"]), "icpcrawl.data"],
    package_dir={"icpcrawl": "icpcrawl", "icpcrawl.data": "data"},
    # Files by kind, so that the scripts that build data/geo stay out.
    package_data={
        "icpcrawl": ["py.typed", "**/*.html", "**/*.css", "**/*.js", "**/*.j2", "**/*.pem"],
        "icpcrawl.data": ["README.md", "**/*.csv", "**/*.toml", "**/*.mmdb", "geo/ATTRIBUTION.md"],
    },
    exclude_package_data={"icpcrawl.data": ["*.py", "**/*.py"]},
    include_package_data=False,
    zip_safe=True,
)
