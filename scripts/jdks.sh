# Sourced by the other scripts: which JDKs there are. A JDK here is a folder under /usr/lib/jvm that has a compiler.

# jdk_version HOME: the full version of the JDK there, as 17.0.15.
jdk_version() {
    "$1/bin/java" -version 2>&1 | sed -n 's/.* version "\([^"]*\)".*/\1/p'
}

# jdk_between LOW HIGH: the home of the newest JDK from LOW to HIGH (major versions), nothing where there is none.
# Reads the `release` file that a JDK states its version in, because starting each JVM would take too long.
jdk_between() {
    local home major best=0 found=
    for home in /usr/lib/jvm/*; do
        [ -x "$home/bin/javac" ] && [ -f "$home/release" ] || continue
        major=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$home/release")
        if [ "${major:-0}" -ge "$1" ] && [ "$major" -le "$2" ] && [ "$major" -gt "$best" ]; then
            best=$major found=$(readlink -f "$home")
        fi
    done
    printf '%s\n' "$found"
}
