# Runs inside a sandbox. The process that tells the result never runs code that nobody trusts: it unpacks the files, starts
# another one for the tests, and signs what it saw of them with a word that the other one does not know.
import hashlib
import hmac
import json
import os
import select
import shutil
import subprocess
import sys
import threading
import time

TREE = '/work/tree'
MAX_RECORDS = 4 << 20
MAX_LOG = 16 << 10


def hide():
    """Nobody of the same user may look into this process or write to what it has open."""
    try:
        import ctypes

        return ctypes.CDLL(None).prctl(4, 0, 0, 0, 0) == 0
    except Exception:
        return False


def unpack():
    with open('/work/tree.pack', 'rb') as pack:
        for name, size in json.loads(pack.readline()):
            file = os.path.join(TREE, name)
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(file, 'wb') as out:
                out.write(pack.read(size))
    os.unlink('/work/tree.pack')


def keep_tail(stream, kept):
    while True:
        chunk = stream.read1(65536)
        if not chunk:
            return
        kept[0] = (kept[0] + chunk)[-MAX_LOG:]


def read_records(end, child, until):
    """Until the tests' own process ends; what it leaves behind is not heard."""
    records = b''
    while len(records) < MAX_RECORDS and time.monotonic() < until:
        ready, _, _ = select.select([end], [], [], 0.05)
        if ready:
            chunk = os.read(end, 65536)
            if not chunk:
                break
            records += chunk
        elif child.poll() is not None:
            break
    return records


def heard(lines, key):
    """What was told in its order by whoever has the key. Anything else is told as well, as a sign of tampering."""
    records, strange = [], 0
    for line in lines.split(b'\n')[:-1]:
        seal, _, text = line.partition(b' ')
        right = hmac.compare_digest(seal, hmac.digest(key, text, 'sha256').hex().encode())
        record = json.loads(text) if right else {}
        if record.get('at') == len(records):
            records.append(record)
        else:
            strange += 1
    return {'records': records, 'strange': strange + (0 if lines == b'' or lines.endswith(b'\n') else 1)}


def observe(config):
    key = os.urandom(32)
    inside, outside = os.pipe()
    child = subprocess.Popen(
        [sys.executable, '-I', '-B', '/work/tests.py', str(outside)],
        cwd=TREE,
        env={'PATH': os.environ['PATH'], 'HOME': '/tmp', 'LANG': 'C.UTF-8', 'PYTEST_DISABLE_PLUGIN_AUTOLOAD': '1'},
        pass_fds=[outside],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    os.close(outside)
    log = [b'']
    threading.Thread(target=keep_tail, args=(child.stdout, log), daemon=True).start()
    child.stdin.write((key.hex() + '\n' + json.dumps(config)).encode())
    child.stdin.close()
    records = read_records(inside, child, time.monotonic() + config['seconds'])
    try:
        code = child.wait(5)
    except subprocess.TimeoutExpired:
        child.kill()
        code = None
    time.sleep(0.05)
    return {**heard(records, key), 'code': code, 'log': log[0].decode('utf8', 'replace')}


def main():
    hidden = hide()
    nonce = bytes.fromhex(sys.stdin.readline().strip())
    config = json.loads(sys.stdin.readline())
    unpack()
    told = {'processes': [observe(config)], 'hidden': hidden, 'interpreter': 'Python ' + sys.version.split()[0]}
    text = json.dumps(told)
    seal = hmac.new(nonce, text.encode(), hashlib.sha256).hexdigest()
    shutil.rmtree('/work/out', ignore_errors=True)
    os.mkdir('/work/out')
    with open('/work/out/told', 'w') as out:
        out.write(seal + ' ' + text)
    # Without the farewells of threads that still read.
    os._exit(0)


main()
