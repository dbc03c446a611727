#!/bin/bash
# ipsecc fmt as a caller sees it: what is printed, exit statuses, and what happens to files. Where things stand is tests/unit/test_format.c.
. "$(dirname "$0")/lib.bash"

# runs ipsecc fmt; sets out, err, status
run() { out=$("$ipsecc" fmt "$@" 2>err); status=$?; err=$(cat err); }

ugly=$'conn a\n  Left = 192.0.2.1\n\tright=%any   # anyone\nconn b'
pretty=$'conn a\n\tleft=192.0.2.1\n\tright=%any # anyone\n\nconn b'
difference=$'--- ugly.conf\n+++ ugly.conf
@@ -1,4 +1,5 @@
 conn a
-  Left = 192.0.2.1
-\tright=%any   # anyone
-conn b
\\ No newline at end of file
+\tleft=192.0.2.1
+\tright=%any # anyone
+
+conn b'
printf %s "$ugly" >ugly.conf
printf '%s\n' "$pretty" >pretty.conf
printf 'conn a\n\tleft=%%any\n\tright %%any\n' >broken.conf

run ugly.conf
is 'prints the layout, status 0' "0:$pretty:" "$status:$out:$err"
run - <ugly.conf
is 'standard input' "0:$pretty:" "$status:$out:$err"
run pretty.conf
is 'a file in order stays as it is' "0:$pretty:" "$status:$out:$err"

run --check ugly.conf pretty.conf
is '--check: names what would change, status 1' '1:ugly.conf:' "$status:$out:$err"
run --check -q ugly.conf
is '--check -q: only the status' '1::' "$status:$out:$err"
run --check pretty.conf
is '--check of a file in order: silence, status 0' '0::' "$status:$out:$err"
run --check --stdin-filename=from-git.conf - <ugly.conf
is '--check of standard input' '1:from-git.conf:' "$status:$out:$err"

run --diff ugly.conf pretty.conf
is '--diff: a unified diff, status 1' "1:$difference:" "$status:$out:$err"
run --diff --color=always ugly.conf
is '--diff --color=always' $'\e[32m+\tleft=192.0.2.1\e[0m' "$(grep left= <<<"$out")"
run --diff pretty.conf
is '--diff of a file in order: silence, status 0' '0::' "$status:$out:$err"
if command -v patch >/dev/null; then
	printf '\xef\xbb\xbf\n\nconn  a\r\n\tauto = add \r\n# c\r\n# d\n\n\n\n# e\nconn b' >patched.conf
	"$ipsecc" fmt patched.conf >expected.conf
	"$ipsecc" fmt --diff patched.conf >patch
	patch --binary -s patched.conf <patch
	is 'patch makes of --diff what fmt prints' '' "$(cmp expected.conf patched.conf 2>&1)"
else
	skip 'patch makes of --diff what fmt prints' 'there is no patch'
fi

refusal="error[IC2005]: no '=' after 'right'
  --> broken.conf:3:2
   |
 3 |     right %any
   |     ^^^^^
   |
   = note: every release refuses the whole file
   = help: write 'right=%any'

ipsecc: broken.conf:3: the line cannot be understood; the file is unchanged"
before=$(stat -c '%i %Y' broken.conf)
for mode in '' --check --diff --write; do
	run $mode broken.conf
	is "fmt $mode of a file that cannot be understood: where, status 2" "2::$refusal" "$status:$out:$err"
done
is 'and the file is unchanged' "$before" "$(stat -c '%i %Y' broken.conf)"
run --check -q broken.conf ugly.conf
is 'the other files are still looked at' "2::ipsecc: broken.conf:3: the line cannot be understood; the file is unchanged" "$status:$out:$err"
run --check none.conf
is 'a file that is not there' '2::ipsecc: none.conf: No such file or directory' "$status:$out:$err"
run .
is 'a directory' '2::ipsecc: .: Is a directory' "$status:$out:$err"
run --check --write ugly.conf
is 'two ways at once' '2::ipsecc: fmt: only one of --check, --diff and --write' "$status:$out:$err"
run ugly.conf pretty.conf
is 'several files without saying what for' '2::ipsecc: fmt: several files need --check, --diff or --write' "$status:$out:$err"
run --write - <ugly.conf
is '--write of standard input' "2::ipsecc: fmt: --write needs the name of a file, not '-'" "$status:$out:$err"

chmod 640 ugly.conf
ln -s ugly.conf link.conf
inode=$(stat -c %i pretty.conf)
run --write link.conf pretty.conf
is '--write: silence, status 0' '0::' "$status:$out:$err"
is '--write: the file has its new layout' "$pretty" "$(cat ugly.conf)"
is '--write: mode and symbolic link stay' '640 symbolic link' "$(stat -c %a ugly.conf) $(stat -c %F link.conf)"
is '--write: a file in order is not written' "$inode" "$(stat -c %i pretty.conf)"
is '--write leaves no other files' '' "$(find . -name '*.conf.*')"
if [ "$(id -u)" = 0 ]; then
	printf %s "$ugly" >ugly.conf
	chown 65534:65533 ugly.conf
	run --write -v ugly.conf
	is '--write: owner and group stay' '0::ipsecc: ugly.conf: written 65534:65533 640' "$status:$out:$err $(stat -c '%u:%g %a' ugly.conf)"
else
	skip '--write: owner and group stay' 'needs root'
fi
mkdir closed
printf %s "$ugly" >closed/a.conf
chmod 555 closed
if [ "$(id -u)" != 0 ]; then
	run --write closed/a.conf
	is '--write: a directory that takes no new file' "2::ipsecc: closed/a.conf: Permission denied $ugly" "$status:$out:$err $(cat closed/a.conf)"
elif command -v setpriv >/dev/null; then
	chmod 755 . && out=$(setpriv --reuid=65534 --clear-groups "$ipsecc" fmt --write closed/a.conf 2>&1)
	is '--write: a directory that takes no new file' "2:ipsecc: closed/a.conf: Permission denied $ugly" "$?:$out $(cat closed/a.conf)"
else
	skip '--write: a directory that takes no new file' 'needs setpriv'
fi
chmod 755 closed

finish
