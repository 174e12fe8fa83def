# A newcomer's machine: Debian 12 minbase in a folder. Sourced by fresh_root.sh and package.sh; needs root and debootstrap;
# packages come from where the host's apt gets them.
#   make_bare_root FOLDER-OR-"" NAME   sets $root; a folder made here goes at the end, a given one stays
#   enter COMMAND…                     takes the place of the (sub)shell that calls it, so that a signal to that reaches
#                                      what runs in the root, which has nothing of our environment

mounted_places="proc sys dev dev/pts"

make_bare_root() {
  local name=$2 place
  [[ $(id -u) == 0 ]] || { echo "$name: needs root" >&2; exit 3; }
  command -v debootstrap >/dev/null || { echo "$name: apt-get install debootstrap" >&2; exit 3; }
  root_is_ours=
  if [[ -n $1 ]]; then mkdir -p "$1"; root=$(readlink -f "$1"); else root=$(mktemp -d /var/tmp/terrace-root-XXXXXX); root_is_ours=1; fi
  trap remove_bare_root EXIT
  chmod 755 "$root"   # mktemp's 700 would bar every other user from the whole system
  [[ -x $root/usr/bin/apt-get ]] || bootstrap "$name"
  for place in $mounted_places; do mountpoint -q "$root/$place" || mount --bind "/$place" "$root/$place"; done
}

bootstrap() {  # NAME
  local mirror security file
  mirror=$(apt-cache policy | sed -n 's/^ *[0-9]* \(http[^ ]*debian\/\?\) bookworm\/main .*/\1/p' | head -1)
  security=$(apt-cache policy | sed -n 's/^ *[0-9]* \(http[^ ]*security\/\?\) bookworm-security\/main .*/\1/p' | head -1)
  mirror=${mirror:-http://deb.debian.org/debian}
  echo "$1: debootstrap from $mirror into $root"
  debootstrap --variant=minbase --include=ca-certificates,git bookworm "$root" "$mirror" >"$root.log" 2>&1 ||
    { tail -20 "$root.log"; exit 1; }
  rm -f "$root.log"
  echo "deb $mirror bookworm main" >"$root/etc/apt/sources.list"
  [[ -z $security ]] || echo "deb $security bookworm-security main" >>"$root/etc/apt/sources.list"
  # The host's way to its packages (proxy, trust), whatever it is.
  cp -a /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/" 2>/dev/null || true
  for file in /etc/resolv.conf /etc/hosts; do cp -L "$file" "$root$file"; done
  if [[ -d /usr/local/share/ca-certificates ]]; then
    mkdir -p "$root/usr/local/share/ca-certificates"
    cp -aL /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
  fi
  chroot "$root" update-ca-certificates >/dev/null 2>&1 || true
}

enter() {
  exec chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb DEBIAN_FRONTEND=noninteractive \
    ${http_proxy:+http_proxy=$http_proxy} ${https_proxy:+https_proxy=$https_proxy} "$@"
}

unmount_bare_root() {
  local place
  for place in dev/pts dev sys proc; do if mountpoint -q "$root/$place"; then umount -l "$root/$place"; fi; done
}

remove_bare_root() {
  [[ -z ${server:-} ]] || kill "$server" 2>/dev/null || true
  unmount_bare_root
  [[ -z $root_is_ours ]] || rm -rf --one-file-system "$root"
}
