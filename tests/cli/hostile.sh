#!/bin/bash
# Inputs that once broke the program, or would break a careless one: each must end in time with a finding and status 1, or with a message
# about the world and status 2. A signal, a hang or a sanitizer's report is never an answer.
. "$(dirname "$0")/lib.bash"
export ASAN_OPTIONS=exitcode=99 UBSAN_OPTIONS=exitcode=99

# runs a program for at most 20 seconds; sets out, err, status
try() { timeout 20 "$@" >out 2>err </dev/null; status=$?; out=$(cat out); err=$(cat err); }
repeat() { head -c "$2" /dev/zero | tr '\0' "$1"; }
conn() { printf 'conn %s\n\tleft=192.0.2.1\n\tright=198.51.100.2\n\tauthby=secret\n\tauto=add\n' "$1"; }
subnets() { seq -s, -f "$1.%g.0/24" 0 "$2"; }

# A line end in a file's name began a command of the script.
name=$'a\ntouch broken #.conf'
conn hq >"$name"
try "$ipsecc" compile --target=whack --host-facts="$facts" "$name"
is "whack: a line end in the file's name stays in the comment" "0:0" "$status:$(grep -c '^touch' <<<"$out")"
for target in xfrm pfkey; do
	try "$ipsecc" compile --target=$target --host-facts="$facts" "$name"
	is "$target: a line end in the file's name stays in the comment" "0:0" "$status:$(grep -c '^touch' <<<"$out")"
done

# Names of pairs were cut after 319 bytes, so all pairs had one name.
long=$(repeat n 400)
{ conn "$long"; printf '\tleftsubnets=10.1.0.0/24,10.2.0.0/24\n\trightsubnet=10.8.0.0/24\n'; } >long.conf
try "$ipsecc" compile --target=whack --host-facts="$facts" long.conf
is 'whack: pairs of a conn with a long name keep their own names' 2 "$(grep -oE "n{400}/[12]x0 " <<<"$out" | sort -u | wc -l)"

# Refused by lowering, and written into 5 GB of script nevertheless.
{ conn big; echo "	leftsubnets=\"$(for i in 0 1; do subnets 10.$i 254; echo ,; done | paste -sd '')\""; echo "	rightsubnets=\"$(subnets 10.8 254)\""; } |
	sed 's/,"/"/' >pairs.conf
conn small >>pairs.conf
for target in json xfrm pfkey whack; do
	try "$ipsecc" compile --target=$target --host-facts="$facts" pairs.conf
	has "$target: too many pairs are refused" "1:error[IC8006]: conn 'big' makes 130050 pairs of subnets, more than 65536" "$status:$err"
	is "$target: too many pairs: status 1, the other conn is written" "1:0:1" \
		"$status:$(grep -c 'big/' <<<"$out"):$(grep -q 'small\|198.51.100.2' <<<"$out" && echo 1)"
done
try "$ipsecc" compile --target=json --host-facts="$facts" pairs.conf small
is 'too many pairs of another conn than the one asked for: status 0' "0:" "$status:$(grep IC8006 <<<"$err")"

# A value of megabytes was quoted whole in each message about it.
printf 'conn a\n\tleft=%s\n' "$(repeat 1 1000000)" >line.conf
try "$ipsecc" check line.conf
is 'a line of a megabyte: status 1, and a short output' "1:yes" "$status:$([ ${#out} -lt 10000 ] && echo yes)"
has 'a line of a megabyte is a finding' 'error[IC1017]: a line of 1000006 bytes; the limit is 65536' "$out"

# What an include may name.
mkfifo fifo
exec 9<>fifo		# a far end that says nothing
echo "include $dir/fifo" >fifo.conf
try "$ipsecc" check fifo.conf
has 'an included pipe is said, and not waited for' "1:error[IC1103]: $dir/fifo is a pipe, and is not read" "$status:$out"
exec 9<&-
try "$ipsecc" check <(sleep 0.3; conn late)
is 'a pipe on the command line is waited for' 0 $status
echo 'include /dev/zero' >zero.conf
try "$ipsecc" check zero.conf
has 'an endless include' '1:error[IC1111]: /dev/zero is not read' "$status:$out"
# As an include of /proc/*/task/*/* has it: a program under thousands of names, and files of the kernel's among them.
mkdir many
for i in {1..3000}; do ln -s "$ipsecc" many/$i; done
printf 'include many/*\ninclude /proc/self/task/*/*\n' >names.conf
try "$ipsecc" check names.conf
is 'an include of thousands of programs ends' 1 $status
rm names.conf
printf 'include %s/self.conf\ninclude %s/*.conf\n' "$dir" "$dir" >self.conf
try "$ipsecc" check self.conf
has 'a file that includes itself' "1:error[IC1105]: $dir/self.conf includes itself" "$status:$out"

# Terminal escapes in everything that is echoed.
escape=$'\e[31m'
printf 'conn a%s\n\tleft=%s\n\tike=%s\n\talso=%s\n\t%s=1\n%s\ninclude /%s\n' $escape $escape $escape $escape $escape $escape $escape >escape.conf
for command in "check" "check --format=json" "check -v --fail-on=note" "show --origin -v" "show --format=json" "compile --target=json" \
	"compile --target=whack"; do
	try "$ipsecc" $command escape.conf
	is "$command: no escape reaches the terminal" "0 0" "$(grep -cF "$escape" out) $(grep -cF "$escape" err)"
done
for command in explain check show "compile --target=json" "check --dialect" "check --format" "$escape"; do
	try "$ipsecc" $command "$escape"
	is "$command with an escape as argument: status 2, nothing raw" "2:0" "$status:$(grep -cF "$escape" err)"
done

# Streams and memory.
conn hq >hq.conf
for command in "check hq.conf" "check --format=json hq.conf" "show hq.conf" "explain aes" rules facts "completion bash" "compile --target=json hq.conf" \
	--help --version "check --help"; do
	"$ipsecc" $command >/dev/full 2>err
	is "$command on a full disk: status 2" "2:ipsecc: cannot write the output: No space left on device" "$?:$(tail -1 err)"
done
try "$ipsecc" help nothing
is 'help for a command that is none' "2:ipsecc: 'nothing' is no command; 'ipsecc --help' lists them" "$status:$err"
if [[ ${BUILD:-build} == *san* ]]; then
	skip "little memory" "sanitizers need address space"
else
	for i in $(seq 3000); do conn c$i; done >many.conf
	for kilobytes in 20000 25000 30000 40000 60000; do
		(ulimit -v $kilobytes; timeout 20 "$ipsecc" check many.conf >out 2>err)
		status=$?
		is "$kilobytes KB of memory: no signal" yes "$([ $status -le 2 ] || [ $status = 127 ] && echo yes || echo $status)"
	done
fi

finish
