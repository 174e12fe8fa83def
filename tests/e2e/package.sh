#!/usr/bin/env bash
# The Debian package in a bare Debian 12: built, installed, served from as the unit says, removed, purged. Nothing may be
# missing, nothing may be left over, and no data lost on the way. With systemd-nspawn the root is booted, too, and systemd
# itself runs the service in all its sandboxing. Needs root and debootstrap; minutes, most of them for packages.
#   package.sh [FOLDER]   (kept and used again if given)
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
. tests/e2e/bare_root.sh
server=
begin=$SECONDS

wrong() { echo "package: FAILED: $*" >&2; exit 1; }
right() { echo "package: $* ($((SECONDS - begin)) s)"; }
inside() { (enter "$@"); }
same() { [[ $2 == "$3" ]] || wrong "$1: is \"$2\", must be \"$3\""; }

./x package
deb=$(find build -maxdepth 1 -name 'terrace_*.deb')
if command -v lintian >/dev/null; then
  lintian --fail-on error,warning "$deb" 2>/dev/null || wrong "lintian"
  right "lintian finds nothing"
else
  echo "package: no lintian here (apt-get install lintian): skipped"
fi

make_bare_root "${1:-}" package
rm -f "$root"/tmp/terrace_*.deb
# What a run that failed may have left in a folder that is kept.
inside sh -c 'apt-get -qy purge terrace; deluser --quiet --system terrace; deb-systemd-helper purge terrace.service; rm -rf /var/lib/terrace /etc/terrace' >/dev/null 2>&1 || true
inside apt-get -q update >/dev/null
# All that the package needs and we need here, so that what comes and goes afterwards is the package alone.
needs=$(dpkg -f "$deb" Depends | tr , '\n' | sed 's/(.*//; s/ //g')
# shellcheck disable=SC2086
inside apt-get -qy --no-install-recommends install $needs redis-tools util-linux systemd systemd-sysv dbus >"$root/apt.log" 2>&1 ||
  { tail "$root/apt.log"; wrong "what the package depends on cannot be installed"; }
rm -f "$root/apt.log"

# --- what is there: every path, its owner, its mode; of users the content. systemd's own state comes with the first boot.
snapshot() {
  inside sh -c "find / -xdev \( -path /var/lib/dpkg -o -path /var/cache -o -path /var/log -o -path /var/lib/apt -o -path /tmp \
    -o -path /run \) -prune -o -printf '%p %u:%g %m %l\n' | grep -v '^/var/lib/systemd/[^d]' | sort
    md5sum /etc/passwd /etc/group /etc/shadow /etc/gshadow"
}
# The backup files of /etc/passwd and its like come with the first user.
inside sh -c 'adduser --quiet --system --group --no-create-home terrace-probe && deluser --quiet --system terrace-probe' >/dev/null 2>&1
before=$(snapshot)

cp "$deb" "$root/tmp/"
install() { inside dpkg -i "/tmp/${deb##*/}" >"$root/tmp/dpkg.log" 2>&1 || { cat "$root/tmp/dpkg.log"; wrong "dpkg -i"; }; }
install
same "user" "$(inside getent passwd terrace | cut -d: -f6,7)" "/var/lib/terrace:/usr/sbin/nologin"
[[ $(inside id -u terrace) -lt 1000 ]] || wrong "terrace is no system user"
same "/var/lib/terrace" "$(inside stat -c '%U:%G %a' /var/lib/terrace)" "terrace:terrace 750"
same "/etc/terrace" "$(inside stat -c '%U:%G %a' /etc/terrace)" "root:terrace 2770"
same "terrace.conf" "$(inside stat -c '%U:%G %a' /etc/terrace/terrace.conf)" "terrace:terrace 640"
same "conffile" "$(inside dpkg-query -W -f '${Conffiles}' terrace | awk '{print $1}')" "/etc/terrace/terrace.conf"
same "enabled" "$(inside systemctl is-enabled terrace)" "enabled"
same "dpkg --verify" "$(inside dpkg --verify terrace)" ""
same "version" "$(inside terrace-server --version | sed 's/.*server v=\([^ ]*\).*/\1/')" "$(dpkg -f "$deb" Version)"
for path in /usr/bin/terrace-server /lib/systemd/system/terrace.service /usr/share/man/man1/terrace-server.1.gz \
            /usr/share/doc/terrace/{README.md,FORMAT.md,ARCHITECTURE.md,CHANGELOG.md.gz,changelog.gz,copyright}; do
  # minbase leaves documentation in place; an image that does not is of no use for this test.
  inside test -s "$path" || wrong "$path is missing"
done
inside systemd-analyze verify --man=no terrace.service >"$root/tmp/verify.log" 2>&1 || { cat "$root/tmp/verify.log"; wrong "systemd-analyze verify"; }
right "installed, all there"

# --- served as the unit says, by its user, without privileges, in a network of its own (so port 6379 is free)
exec_start=$(sed -n 's/^ExecStart=//p' "$root/lib/systemd/system/terrace.service")
start() {  # COMMAND
  # shellcheck disable=SC2086
  unshare --net sh -c 'ip link set lo up && exec "$@"' sh \
    chroot "$root" env -i setpriv --reuid=terrace --regid=terrace --init-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
    $1 >"$root/tmp/server.log" 2>&1 &
  server=$!
  local tries
  for tries in {1..100}; do
    if [[ $(ask PING 2>/dev/null) == PONG ]]; then return; fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  cat "$root/tmp/server.log"
  wrong "$1 does not answer"
}
ask() { nsenter --net -t "$server" chroot "$root" redis-cli "$@"; }
stop() {
  kill "$server"
  wait "$server" || wrong "the server ended with $? after SIGTERM: $(tail -3 "$root/tmp/server.log")"
  server=
}
start "$exec_start"
same "its user" "$(ps -o uid= -p "$server" | tr -d " ")" "$(inside id -u terrace)"
same "SET" "$(ask SET greeting hello)" OK
same "TERRACE SPILL" "$(ask TERRACE SPILL greeting)" OK
same "GET" "$(ask GET greeting)" hello
same "CONFIG REWRITE" "$(ask CONFIG SET maxmemory 64mb && ask CONFIG REWRITE)" $'OK\nOK'
same "data of others" "$(inside find /var/lib/terrace ! -user terrace)" ""
stop
start "$exec_start"
same "GET after a restart" "$(ask GET greeting)" hello
same "maxmemory after a restart" "$(ask CONFIG GET maxmemory | tail -1)" 67108864
same "where it listens" "$(ask CONFIG GET bind | tail -1)" "127.0.0.1 -::1"
stop
# Every directive that the file offers is one, with a value that holds.
dpkg-deb --fsys-tarfile "$deb" | tar -xO ./etc/terrace/terrace.conf | sed 's/^#\([a-z]\)/\1/; s/^requirepass.*//; s#/run/terrace#/tmp#' >"$root/tmp/all.conf"
start "/usr/bin/terrace-server /tmp/all.conf"
stop
right "serves as the unit says, and with every directive of terrace.conf"

# --- again, changed configuration kept; removed and installed again, data and configuration kept
install
inside grep -q '^maxmemory 64mb\|^maxmemory 67108864' /etc/terrace/terrace.conf || wrong "the changed terrace.conf was replaced"
inside dpkg -r terrace >/dev/null 2>&1
for path in /usr/bin/terrace-server /lib/systemd/system/terrace.service /usr/share/doc/terrace; do
  ! inside test -e "$path" || wrong "$path is there after the removal"
done
inside test -s /var/lib/terrace/MANIFEST || wrong "the removal took the data"
inside test -s /etc/terrace/terrace.conf || wrong "the removal took the configuration"
install
start "$exec_start"
same "GET after removal and installation" "$(ask GET greeting)" hello
stop
right "removed and installed again, the data is there"

# --- by systemd itself
boot() {
  local tries
  unmount_bare_root
  systemd-nspawn -q -D "$root" --register=no --keep-unit --private-network --link-journal=no -b --console=pipe \
    </dev/null >"$root.nspawn" 2>&1 &
  server=$!
  for tries in {1..300}; do
    leader=$(pgrep -P "$server" | head -1 || true)
    if [[ $leader && $(in_machine systemctl is-system-running 2>/dev/null) =~ running|degraded ]]; then return; fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.2
  done
  cat "$root.nspawn"
  return 1
}
in_machine() { nsenter -a -t "$leader" "$@"; }
property() { in_machine systemctl show -P "$1" terrace; }
under_systemd() {
  same "the unit" "$(property ActiveState) $(property StatusText)" "active Ready to accept connections"
  same "supervised" "$(in_machine redis-cli INFO server | tr -d '\r' | grep process_supervised)" "process_supervised:systemd"
  same "GET under systemd" "$(in_machine redis-cli GET greeting)" hello
  same "TERRACE SPILL" "$(in_machine redis-cli TERRACE SPILL ALL)" OK
  same "GET of a cold key" "$(in_machine redis-cli GET greeting)" hello
  same "CONFIG REWRITE" "$(in_machine redis-cli CONFIG REWRITE)" OK
  local process
  process=$(property MainPID)
  in_machine systemctl kill -s KILL terrace
  for _ in {1..50}; do [[ $(property MainPID) != "$process" && $(property ActiveState) == active ]] && break; sleep 0.2; done
  same "the unit after SIGKILL" "$(property ActiveState) $(property NRestarts)" "active 1"
  same "GET after SIGKILL" "$(in_machine redis-cli GET greeting)" hello
  in_machine systemctl stop terrace
  same "the unit after a stop" "$(property ActiveState) $(property Result) $(property ExecMainStatus)" "inactive success 0"
  in_machine systemctl start terrace
  in_machine apt-get -qy purge terrace >/dev/null 2>&1
  same "processes after a purge" "$(in_machine sh -c 'cat /proc/[0-9]*/comm | grep -c terrace-server' || true)" 0
}
if command -v systemd-nspawn >/dev/null; then
  boot || wrong "the root does not boot"
  under_systemd
  in_machine systemctl poweroff >/dev/null 2>&1 || true
  wait "$server" || true
  server=
  rm -f "$root.nspawn"
  for place in $mounted_places; do mountpoint -q "$root/$place" || mount --bind "/$place" "$root/$place"; done
  right "systemd starts, watches, restarts and stops it, sandboxed"
else
  echo "package: no systemd-nspawn here (apt-get install systemd-container): not booted"
fi

# --- nothing left
inside dpkg -P terrace >/dev/null 2>&1 || true
left=$(diff <(echo "$before") <(snapshot) || true)
[[ -z $left ]] || wrong "left behind or taken away by the purge:"$'\n'"$left"
right "purged: no file, no user, no link left"
