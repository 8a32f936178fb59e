# Runs once, inside a sandbox: takes files and a command by its input, runs the command, tells how it ended, and sends
# back what it left in the folder out. The input ends when whoever wanted the sandbox is gone; then so is this.
IFS=' ' read -r nonce files words most || exit 125
cd /work || exit 125
head -c "$files" | tar -xf - || exit 125
eval "set -- $(head -c "$words")" || exit 125
printf '%s begin\n' "$nonce"
"$@"
code=$?
# Nothing that the code left behind may write on into what is sent now.
kill -9 -1 2> /dev/null
hits=0
for counts in /sys/fs/cgroup/pids.events /sys/fs/cgroup/pids/pids.events; do
  [ ! -r "$counts" ] || read -r _ hits < "$counts"
done
kills=0
for counts in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
  [ ! -r "$counts" ] || while read -r name count; do [ "$name" != oom_kill ] || kills=$count; done < "$counts"
done
printf '%s end %s %s %s\n' "$nonce" "$code" "$hits" "$kills"
if [ -d out ] && [ ! -L out ]; then tar -cf - -C out . 2> /dev/null | head -c "$most"; fi
exit "$code"
