# Mounts what it is told to, a line each, tabs between the words. Answers "ok", or what went wrong.
share() {
  mount --bind "$1" "$1" && mount --make-shared "$1"
}

# Read-only before anybody sees it.
bind() {
  mount --bind "$1" "$2" || return 1
  mount -o remount,bind,ro,nosuid,nodev "$2" && mount --bind "$2" "$3"
  done=$?
  umount -l "$2"
  return "$done"
}

tab=$(printf '\t')
while IFS=$tab read -r what one two three; do
  if "$what" "$one" "$two" "$three"; then echo ok; else echo 'mount(8) failed'; fi
done
