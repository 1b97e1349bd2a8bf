#!/bin/sh
# boot.sh FOLDER CGROUP UNIT: runs the systemd of this machine as process 1 of namespaces of its own, over a copy of the
# root file system that keeps what is written in memory. FOLDER is empty and gets mounted over; CGROUP is a folder in the
# second version's hierarchy that is there already; UNIT is the only unit beside a few empty targets. The checkout lies in
# /opt/weir, nothing of the machine's own is started, and the kernel's settings cannot be written.
set -eu
folder=$1 cgroup=$2 unit=$3
checkout=$(cd "$(dirname -- "$0")/../.." && pwd)
echo $$ >"$cgroup/cgroup.procs"
exec unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child sh -euc '
folder=$1 checkout=$2 unit=$3
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$folder"
mkdir "$folder/upper" "$folder/work" "$folder/root"
root=$folder/root
mount -t overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" overlay "$root"
mount -t proc proc "$root/proc"
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t sysfs -o ro sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
for place in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs "$root/$place"; done
for device in null zero full random urandom tty; do
  : >"$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
mkdir -p "$root/opt/weir" "$root/etc/weir" "$root/units/weir.service.d" "$root/before"
mount --bind "$checkout" "$root/opt/weir"
mount -o remount,bind,ro "$root/opt/weir"
rm -rf "$root/var/lib/weir" "$root/var/log/weir"
for target in sysinit basic shutdown network-online multi-user; do
  printf "[Unit]\nDefaultDependencies=no\n" >"$root/units/$target.target"
done
cp "$unit" "$root/units/weir.service"
printf "[Service]\nStandardOutput=append:/run/weir.log\nStandardError=append:/run/weir.log\nWatchdogSec=4s\n" \
  >"$root/units/weir.service.d/test.conf"
printf "capture: {interface: lo}\n" >"$root/etc/weir/weir.yaml"
ip link set lo up
cd "$root"
pivot_root . before
umount -l /before
exec env -i container=test SYSTEMD_UNIT_PATH=/units PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  setpriv --bounding-set -sys_boot,-sys_module,-sys_time,-sys_rawio,-syslog \
  /usr/lib/systemd/systemd --system --unit=multi-user.target
' sh "$folder" "$checkout" "$unit"
