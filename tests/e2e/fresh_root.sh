#!/usr/bin/env bash
# A newcomer's machine: Debian 12 minbase in a folder, the project cloned into it, `./x serve` and `./x test` in a chroot
# and nothing else typed. Needs root and debootstrap; packages come from where the host's apt gets them.
#   fresh_root.sh [FOLDER] [serve|test|both]
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/../.."
what=${2:-both}
. tests/e2e/bare_root.sh
server=
make_bare_root "${1:-}" fresh_root

rm -rf "$root/root/terrace"
git -c safe.directory='*' clone -q . "$root/root/terrace"
if [[ $what != test ]]; then
  begin=$SECONDS
  enter bash -c "cd /root/terrace && exec ./x serve" >"$root/serve.log" 2>&1 &
  server=$!
  until grep -q "Ready to accept connections" "$root/serve.log"; do
    kill -0 "$server" 2>/dev/null || { cat "$root/serve.log"; echo "fresh_root: ./x serve FAILED"; exit 1; }
    sleep 1
  done
  sed 's/^/    /' "$root/serve.log"
  exec 3<>/dev/tcp/127.0.0.1/6379
  printf 'SET fresh root\r\nGET fresh\r\n' >&3
  read -r -t 5 first <&3 && read -r -t 5 size <&3 && read -r -t 5 value <&3
  exec 3>&-
  [[ ${first%$'\r'} == +OK && ${value%$'\r'} == root ]] || { echo "fresh_root: answers $first $size $value"; exit 1; }
  kill "$server"
  wait "$server" || true
  server=
  echo "fresh_root: ./x serve answers, $((SECONDS - begin)) s after it was typed"
fi
if [[ $what != serve ]]; then
  begin=$SECONDS
  (enter bash -c "cd /root/terrace && ./x test")
  echo "fresh_root: ./x test passed in $((SECONDS - begin)) s"
fi
