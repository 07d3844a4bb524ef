"""Builds the wheel, looks inside, installs it and lets Odoo find the addon."""

import re
import subprocess
import zipfile

from machinery import databases, paths, tree
from machinery.environment import Environment

PACKAGE = f"odoo/addons/{paths.MODULE}"
NAME = "odoo_addon_" + paths.MODULE

_FIND = f"""
import sys
import odoo.init
from odoo.modules.module import Manifest
manifest = Manifest.for_addon("{paths.MODULE}")
assert manifest, "Odoo does not find the installed addon"
assert manifest.path.startswith(sys.argv[1]), manifest.path
assert manifest.version == sys.argv[2], manifest.version
import importlib.metadata as metadata
assert metadata.version("odoo-addon-{paths.MODULE}") == sys.argv[2]
"""


def check(copy, tools):
    """Build the wheel of ``copy`` and return what is wrong with it."""
    out = copy.folder / "dist"
    build = [tools.of_python("python"), "-m", "build", "--wheel", "--no-isolation"]
    done = _run([*build, "--outdir", out, copy.repository])
    if done.returncode:
        return f"the wheel cannot be built:\n{done.stdout}"
    version = databases.manifest()["version"]
    wheels = list(out.glob("*.whl"))
    findings = []
    if [path.name for path in wheels] != [f"{NAME}-{version}-py3-none-any.whl"]:
        findings.append(f"unexpected wheels: {[path.name for path in wheels]}")
    if not re.fullmatch(r"19\.0\.\d+\.\d+\.\d+", version):
        findings.append(f"the manifest's version is not 19.0.x.y.z: {version}")
    for path in wheels:
        findings += _look_inside(path, copy)
        findings += _install(path, copy, version)
    return "\n".join(findings)


def _look_inside(path, copy):
    with zipfile.ZipFile(path) as archive:
        inside = {n for n in archive.namelist() if not n.endswith("/")}
    meta = {name for name in inside if ".dist-info/" in name}
    inside -= meta
    strangers = {name for name in inside if not name.startswith(f"{PACKAGE}/")}
    yield from (f"outside the addon: {name}" for name in sorted(strangers))
    inside = {name.removeprefix(f"{PACKAGE}/") for name in inside - strangers}
    wanted = {
        name
        for name in _files(copy.repository)
        if tree.is_addon(name) and not name.startswith("README")
    }
    yield from (f"missing: {name}" for name in sorted(wanted - inside))
    yield from (f"does not belong there: {name}" for name in sorted(inside - wanted))
    manifest = databases.manifest()
    listed = {*manifest.get("data", []), *manifest.get("demo", [])}
    yield from (f"in the manifest only: {name}" for name in sorted(listed - inside))


def _files(root):
    return {str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()}


def _install(path, copy, version):
    env = Environment()
    target = copy.folder / "installed"
    pip = [env.python, "-m", "pip", "--disable-pip-version-check", "install"]
    done = _run([*pip, "--no-deps", "--no-index", "--target", target, path])
    if done.returncode:
        return [f"the wheel cannot be installed:\n{done.stdout}"]
    variables = {**env.variables, "PYTHONPATH": str(target), "ODOO_RC": "/dev/null"}
    done = _run([env.python, "-c", _FIND, target, version], env=variables)
    return [done.stdout] if done.returncode else []


def _run(args, **kwargs):
    return subprocess.run(
        [str(arg) for arg in args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
        **kwargs,
    )
