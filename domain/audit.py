"""The weekly look at what is deployed: is it known to be vulnerable, or old?

What is found becomes an OpsItem for somebody to work on, once, and a metric for alarms. Each check stands by itself:
one that fails hides nothing of what the others found.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import msgspec

from adapters import functions, package_index, scanner, work_items
from core import clock, telemetry
from core.settings import settings

NEAR = timedelta(days=180)
"""How long before a runtime's end somebody is told: time for two releases of ours."""

RUNTIMES_END = {
    "python3.11": date(2027, 6, 30),
    "python3.12": date(2028, 10, 31),
    "python3.13": date(2029, 6, 30),
    "python3.14": date(2029, 6, 30),
}
"""When AWS stops to patch them (Lambda's guide, "Lambda runtimes", "Deprecation date"). No API tells."""

SEVERITIES = {"CRITICAL": 1, "HIGH": 2, "MEDIUM": 3}
"""OpsCenter's for Inspector's; what is below is 4."""

KNOWN_VULNERABILITY = 2
"""PyPI says nothing of how bad it is."""


class Concern(msgspec.Struct, frozen=True):
    """Something to be done.

    Attributes:
        key: What tells it from others, for as long as it lasts.
        title: One line.
        description: What to do.
        severity: From 1, the worst, to 4.
    """

    key: str
    title: str
    description: str
    severity: int


class Report(msgspec.Struct, frozen=True):
    """What an audit came to.

    Attributes:
        found: How many concerns there are, by check.
        opened: How many of them are new.
        failed: The checks that could not be made.
    """

    found: dict[str, int]
    opened: int
    failed: list[str]


def run() -> Report:
    """Make every check, open what is not open yet, and count."""
    found = dict.fromkeys(CHECKS, 0)
    failed: list[str] = []
    opened = 0
    for name, check in CHECKS.items():
        try:
            concerns = list(check())
            opened += sum(work_items.open_once(one.key, one.title, one.description, one.severity) for one in concerns)
        except Exception as error:
            telemetry.logger.error("check failed", extra={"check": name, "error": type(error).__name__})
            failed.append(name)
            continue
        found[name] = len(concerns)
        telemetry.logger.info("checked", extra={"check": name, "concerns": [one.key for one in concerns]})
    telemetry.count("vulnerabilities", found["scanned"] + found["vulnerable"])
    telemetry.count("libraries_outdated", found["outdated"])
    telemetry.count("runtimes_ending", found["ending"])
    # A zero tells that there was an audit, and a whole one.
    telemetry.count("audits_failed", len(failed))
    return Report(found, opened, failed)


def _scanned() -> Iterator[Concern]:
    """Return what Inspector found, one concern for each vulnerability however many functions have it."""
    if settings().inspector and not scanner.is_on():
        # It takes some minutes to look; what it finds is for the next time.
        scanner.turn_on()
    by_name: dict[str, list[scanner.Finding]] = {}
    for finding in scanner.findings(f"{settings().service}-"):
        by_name.setdefault(finding.vulnerability, []).append(finding)
    for name, findings in sorted(by_name.items()):
        libraries = ", ".join(sorted({one.library for one in findings}))
        fixed = ", ".join(sorted({one.fixed_in for one in findings} - {""})) or "no version yet"
        affected = sorted({one.function for one in findings})
        yield Concern(
            key=_key("vulnerability", name),
            title=f"{settings().service}: {name} in {libraries}",
            description=f"Inspector found {name} in {libraries}; it is fixed in {fixed}. Raise the pin, `make lock`, "
            f"deploy. Functions: {', '.join(affected)}.",
            severity=min(SEVERITIES.get(one.severity, 4) for one in findings),
        )


def _vulnerable() -> Iterator[Concern]:
    """Return what PyPI knows against the libraries of the deployed package."""
    for library, version in sorted(package_index.bundled().items()):
        for one in package_index.vulnerabilities(library, version):
            names = ", ".join([one.id, *one.aliases])
            fixed = ", ".join(one.fixed_in) or "no version yet"
            yield Concern(
                # Inspector calls it by the same name, if it is a CVE.
                key=_key("vulnerability", next((name for name in one.aliases if name.startswith("CVE-")), one.id)),
                title=f"{settings().service}: {one.id} in {library} {version}",
                description=f"PyPI knows {names} of {library} {version}; it is fixed in {fixed}. Raise the pin, "
                "`make lock`, deploy.",
                severity=KNOWN_VULNERABILITY,
            )


def _outdated() -> Iterator[Concern]:
    """Return the libraries of the deployed package that have a newer version."""
    for library, version in sorted(package_index.bundled().items()):
        newest = package_index.latest(library)
        if newest != version:
            yield Concern(
                # One item a library: that it was passed by once more is no news.
                key=_key("outdated", library),
                title=f"{settings().service}: {library} {version} is outdated",
                description=f"{library} {newest} is out. Read what changed, raise the pin, `make lock`, test, deploy.",
                severity=4,
            )


def _ending() -> Iterator[Concern]:
    """Return the runtimes that AWS stops to patch soon, or of which this module knows no end."""
    today = datetime.fromtimestamp(clock.seconds(), UTC).date()
    for runtime, names in sorted(functions.by_runtime(f"{settings().service}-").items()):
        end = RUNTIMES_END.get(runtime)
        if end and end - NEAR > today:
            continue
        when = f"ends on {end}" if end else "is not known to the audit"
        yield Concern(
            key=_key("runtime", runtime),
            title=f"{settings().service}: the runtime {runtime} {when}",
            description=f"{len(names)} functions run on {runtime}, which {when}. Move them to a newer one "
            "(serverless.yml, deploy/package.py), and keep the dates in domain/audit.py up.",
            severity=2 if end and end <= today else 3,
        )


def _key(*words: str) -> str:
    return "/".join([settings().service, *words])


CHECKS: dict[str, Callable[[], Iterator[Concern]]] = {
    "scanned": _scanned,
    "vulnerable": _vulnerable,
    "outdated": _outdated,
    "ending": _ending,
}
