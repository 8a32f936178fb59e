#!/bin/sh
# Makes the images of sandboxes from Debian's packages alone, for machines that reach no registry of images:
#   sandbox/image/build-from-debian.sh            as root, with debootstrap and a running engine
# Python and Node are Debian's own and come without further packages; the Dockerfiles beside this make larger images.
set -eu
suite=${SUITE:-bookworm}
# Where this machine's own packages come from, if that is Debian of the same name.
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' "Codename: $suite" 2> /dev/null | head -n 1)}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
debootstrap --variant=minbase --include=python3-minimal,libpython3-stdlib,nodejs "$suite" "$folder" ${mirror:+"$mirror"} > "$folder.log" 2>&1 || {
  tail -n 20 "$folder.log"
  exit 1
}
rm -f "$folder.log"
# What can raise rights and what nobody reads has no place in there.
find "$folder" -xdev -perm /6000 -type f -exec chmod a-s {} +
rm -rf "$folder"/var/cache/apt/* "$folder"/var/lib/apt/lists/* "$folder"/usr/share/doc/* "$folder"/usr/share/man/* \
  "$folder"/usr/share/locale/* "$folder"/var/log/* "$folder"/tmp/*
mkdir -p "$folder/work"
tar -C "$folder" -c . | docker import --change 'LABEL loopledger.kind=sandbox-image' - loopledger-sandbox-debian
docker tag loopledger-sandbox-debian loopledger-sandbox-python
docker tag loopledger-sandbox-debian loopledger-sandbox-node
