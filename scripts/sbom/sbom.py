#!/usr/bin/env python3
"""Writes what an artefact is made of, as CycloneDX 1.6, and holds what it wrote against the artefact and its build.
  sbom.py ARTEFACT PACKAGE OUT           the component, built by scripts/component
  sbom.py ARTEFACT PACKAGE OUT --tool    a program of the workspace, for this machine

Listed is what is linked: no build script, no macro, nothing that only tests need, for the artefact's own target. The same
sources give the same bytes: no time, no chance, no folder."""
import hashlib
import json
import re
import subprocess
import sys
import tomllib
import uuid

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

WASM = "wasm32-wasip2"
LINKED = ["-e", "normal,no-proc-macro"]


def run(*command, **options):
    return subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE, **options).stdout


def crate(text):
    """`serde v1.0.229 (*)` as a name and a version."""
    name, version = text.split()[:2]
    return name, version.removeprefix("v")


def tree(selection):
    """Which crate links which, from cargo's tree: every line begins with its depth."""
    edges, path = {}, []
    for line in run("cargo", "tree", "--locked", *LINKED, "--prefix", "depth", *selection).splitlines():
        if not line:
            continue
        depth, rest = re.fullmatch(r"(\d+)(.*)", line).groups()
        found = crate(rest)
        del path[int(depth):]
        edges.setdefault(found, set())
        if path:
            edges[path[-1]].add(found)
        path.append(found)
    return edges


def linked(edges, root):
    """The root and all that it leads to."""
    seen, open_ = set(), [root]
    while open_:
        found = open_.pop()
        if found not in seen:
            seen.add(found)
            open_ += edges[found]
    return seen


def sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def described(found, package, checksum):
    """One crate, as its manifest and the lockfile tell of it."""
    name, version = found
    # Only what came from a registry can be looked up in one.
    purl = PackageURL("cargo", None, name, version) if package["source"] else None
    licence = (package["license"] or "").replace("/", " OR ")
    repository = package["repository"]
    return Component(
        name=name,
        version=version,
        type=ComponentType.LIBRARY,
        bom_ref=f"{name}@{version}",
        purl=purl,
        licenses=[LicenseFactory().make_from_string(licence)] if licence else [],
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=checksum)] if checksum else [],
        external_references=[ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(repository))] if repository else [],
    )


def written(artefact, root, edges, target):
    """The document. `artefact` is None for a program: everybody builds it anew, and gets other bytes."""
    metadata = json.loads(run("cargo", "metadata", "--locked", "--format-version", "1", "--filter-platform", target))
    packages = {(package["name"], package["version"]): package for package in metadata["packages"]}
    with open("Cargo.lock", "rb") as file:
        locked = {(one["name"], one["version"]): one.get("checksum") for one in tomllib.load(file)["package"]}
    digest = sha256(artefact or "Cargo.lock")
    rust = re.search(r"^release: (.*)$", run("rustc", "-vV"), re.MULTILINE)[1]
    std = Component(
        name="rust-std",
        version=rust,
        bom_ref=f"rust-std@{rust}",
        description=f"Rust's standard library for {target}",
        purl=PackageURL("generic", None, "rust-std", rust),
        licenses=[LicenseFactory().make_from_string("MIT OR Apache-2.0")],
    )
    parts = {found: described(found, packages[found], locked[found]) for found in linked(edges, root)}
    main = parts.pop(root)
    main.type = ComponentType.APPLICATION
    main.description = packages[root]["description"]
    main.hashes = [HashType(alg=HashAlgorithm.SHA_256, content=digest)] if artefact else []
    bom = Bom(
        metadata=BomMetaData(component=main),
        components=[std, *parts.values()],
        # It changes when what is described does.
        serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"{target}:{digest}"),
    )
    bom.metadata.timestamp = None
    for found, part in [(root, main), *parts.items()]:
        bom.register_dependency(part, [std, *(parts[other] for other in edges[found])])
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def check(text, artefact, root, selection, tool):
    """Every reason why the document does not tell what the artefact is made of."""
    invalid = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if invalid:
        yield f"it is not CycloneDX 1.6: {invalid}"
    bom = json.loads(text)
    if any(folder in text for folder in ("file://", "/home/", "/root/")) or "timestamp" in bom["metadata"]:
        yield "it names a folder or a time"
    if not tool and bom["metadata"]["component"]["hashes"] != [{"alg": "SHA-256", "content": sha256(artefact)}]:
        yield "it is of another artefact"
    listed = {(part["name"], part["version"]) for part in bom["components"] if part["name"] != "rust-std"} | {root}
    if tool:
        expected = linked(tree(selection), root)
    else:
        # Twice over, by other ways than the document came: cargo's tree flat, and what the compiler was called for.
        flat = run("cargo", "tree", "--locked", *LINKED, "--prefix", "none", *selection)
        expected = {crate(line) for line in flat.splitlines()}
        yield from differences("the build", listed, compiled())
    yield from differences("cargo's tree", listed, expected)
    # Panics name the file that they stand in, and with it the crate.
    with open(artefact, "rb") as file:
        named = re.findall(rb"(?:/crates|registry/src/[^/]{1,80})/([A-Za-z0-9_-]+)-(\d+\.\d+\.\d+[0-9A-Za-z.+-]*)/", file.read())
    named = {(name.decode(), version.decode()) for name, version in named}
    yield from (f"{name} {version} is in the artefact and not listed" for name, version in sorted(named - listed))
    if not named:
        yield "the artefact names no crate at all: where is it from?"


def compiled():
    """The crates that the compiler was called for, for the component's target."""
    built = subprocess.run(["scripts/component", "--message-format=json"], check=True, text=True, capture_output=True)
    messages = [json.loads(line) for line in built.stderr.splitlines() if line.startswith("{")]
    found = set()
    for message in messages:
        if message["reason"] == "compiler-artifact" and any(f"/{WASM}/" in name for name in message["filenames"]):
            # `registry+…#serde@1.0.229`, and `path+…/folder#name@0.1.0` or, where the folder has that name, `…#0.1.0`.
            folder, part = message["package_id"].rsplit("#", 1)
            name, _, version = part.rpartition("@")
            found.add((name or folder.rsplit("/", 1)[1], version))
    return found


def differences(what, listed, expected):
    yield from (f"{name} {version} is listed and not in {what}" for name, version in sorted(listed - expected))
    yield from (f"{name} {version} is in {what} and not listed" for name, version in sorted(expected - listed))


def main(artefact, package, out, *options):
    tool = options == ("--tool",)
    # The features of a dependency depend on what is built with it, so the selection is that of the Makefile.
    selection = ["--workspace"] if tool else ["-p", package, "--target", WASM]
    target = re.search(r"^host: (.*)$", run("rustc", "-vV"), re.MULTILINE)[1] if tool else WASM
    edges = tree(selection)
    root = next(found for found in edges if found[0] == package)
    text = written(None if tool else artefact, root, edges, target)
    wrong = list(check(text, artefact, root, selection, tool))
    if wrong:
        sys.exit(f"{out}: " + f"\n{out}: ".join(wrong))
    with open(out, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    print(f"{out}: {len(json.loads(text)['components'])} parts, for {target}")


if __name__ == "__main__":
    main(*sys.argv[1:])
