#!/bin/sh
# Compiles src/ into lambdad-runtime.jar, the same bytes each time with the same javac. Needs a JDK from 17 on; the
# result runs on Java 11. Users have no javac: the jar is part of the repository.
set -eu
cd "$(dirname "$0")"
out=${1:-lambdad-runtime.jar}
classes=$(mktemp -d)
trap 'rm -rf "$classes"' EXIT
javac --release 11 -encoding UTF-8 -g:source,lines -Werror -Xlint:all,-options -d "$classes" $(find src -name '*.java' | LC_ALL=C sort)
# What the test compares where there is no such javac.
find src -name '*.java' | LC_ALL=C sort | xargs cat | sha256sum | cut -d ' ' -f 1 > "$classes/SOURCES"
cat > "$classes/MANIFEST" <<EOF
Main-Class: lambdad.runtime.Main
Add-Opens: java.base/java.io
EOF
(cd "$classes" && jar --create --file runtime.jar --date 2020-01-01T00:00:00Z --manifest MANIFEST SOURCES lambdad)
cp "$classes/runtime.jar" "$out"
