#!/usr/bin/python3
"""Scripts that try to leave the sandbox, or to bring the server down: each ends with a reply or an error, the process
lives, its memory stays bounded, and the next user of the interpreter sees nothing of it.

  sandbox.py [--maxmemory BYTES]
"""
import argparse
import os
import time

from bad_case import check, end_with
from harness import Folder, encode, say, terrace

BIG = 32 << 20  # of a string that a script makes

# What must be an error or give this value (None: anything). The comment names the advisory.
TEXTS = [
    # CVE-2015-4335: bytecode
    (r'return tostring(loadstring("\27LJ\2\8\0"))', b"nil"),
    (r'return tostring(loadstring("\27Lua\81\0"))', b"nil"),
    (r'local p={"\27LJ",nil} local i=0 return tostring(load(function() i=i+1 return p[i] end))', b"nil"),
    ("return type(string.dump)", b"nil"),
    # CVE-2018-11218, 11219, 2020-14147: struct, cmsgpack
    ("return struct.pack('>I2147483648',1)", None),
    ("return struct.unpack('c2147483647','a')", None),
    ("return struct.unpack('I99999999999999999999','a')", None),
    ("return struct.unpack('c0','\\255\\255')", None), ("return #struct.pack('>I32',1)", 32), ("return struct.unpack('Lc0',('\\255'):rep(9))", None),
    ("local t={} for i=1,100 do t={t} end return #cmsgpack.pack(t) > 0", 1),
    ("local t={} for i=1,1e5 do t[i]=i end return #cmsgpack.unpack(cmsgpack.pack(t))", 100000),
    (r"return cmsgpack.unpack('\221\255\255\255\255')", None),
    (r"return cmsgpack.unpack(('\145'):rep(1e6))", None),
    (r"return cmsgpack.unpack(('\129'):rep(1e5))", None),
    (r"return cmsgpack.unpack('\219\255\255\255\255a')", None), ("return {cmsgpack.unpack(('a'):rep(100000))}", None),
    # CVE-2014-5461: many parameters
    ("local names={} for i=1,150 do names[i]='p'..i end "
     "return loadstring('local function f('..table.concat(names,',')..',...) return select(\"#\",...) end return f(1)')()", 0),
    # CVE-2022-0543, and what else must not be there
    *((f"return type(rawget(_G,'{name}'))", b"nil") for name in
      ("package", "require", "io", "debug", "dofile", "loadfile", "module", "print", "jit", "ffi", "getfenv", "setfenv", "newproxy")),
    ("return type(os.execute)", b"nil"), ("return type(os.getenv)", b"nil"),
    # CVE-2022-24735, 2025-46818: what scripts share cannot be changed
    ("redis.call=nil", None), ("rawset(redis,'call',nil)", None), ("string.upper=nil", None), ("rawset(string,'upper',function() return 'evil' end)", None),
    ("getmetatable('').__index=function() return 'evil' end", None), ("getmetatable('').__index.upper=function() return 'evil' end", None),
    ("rawset(getmetatable(''),'__index',{})", None), ("getmetatable(_G).__index=nil", None), ("rawset(getmetatable(_G),'__newindex',nil)", None),
    ("setmetatable(_G,{})", None),
    ("setmetatable(string,nil)", None),
    ("setmetatable(redis,{__index=function() return 'evil' end})", None),
    ("rawset(_G,'evil',1)", None),
    ("_G.evil=1", None), ("KEYS=nil", None), ("table.insert(string,'evil')", None), ("table.insert(_G,'evil')", None), ("table.sort=nil", None),
    ("for k in pairs(string) do string[k]=nil end", None), ("local n,t=pairs(string) t.upper=function() return 'evil' end return t.upper()", b"evil"),
    ("local n,t=pairs(_G) t.redis=nil return 1", 1), ("for k,v in next,_G do if k=='string' then v.upper=nil end end", None), ("cjson.encode=nil", None),
    ("coroutine.wrap(function() redis.call=nil end)()", None),
    ("return getmetatable(getmetatable(_G)) == nil", None),
    ("getmetatable(getmetatable('')).x=1", None),
    ("_G._G=nil", None), ("_G._G.string=nil", None), ("math.randomseed=nil", None), ("redis.call('eval','redis.call=nil',0)", None),
    # CVE-2022-24834: texts that grow when they are encoded
    (f"return #cjson.encode(string.rep('\\1',{BIG}))", None),
    (f"return #cmsgpack.pack(string.rep('x',{BIG}))", None),
    (f"return #cjson.encode({{string.rep('\"',{BIG})}})", None),
    # CVE-2024-31449
    ("return bit.tohex(65535,-2147483648)", b"0000FFFF"), ("return bit.tohex(1,2147483647)", b"00000001"),
    # CVE-2025-49844: names of chunks while memory is collected
    ("for i=1,200 do loadstring('return '..('x'):rep(1000)..i,'@'..('n'):rep(100)..i) collectgarbage() end return 1", 1),
    ("collectgarbage('stop') local t for i=1,1e5 do t={} end return 1", 1), ("collectgarbage('setpause',1) collectgarbage('setstepmul',1e9) return 1", 1),
    # CVE-2025-46817: unpack and its like
    ("return unpack({},0,2147483647)", None), ("return unpack({},-2147483648,2147483647)", None), ("return table.concat({},'',0,2147483647)", None),
    ("return table.concat({},'x',-2147483648,2147483647)", None), ("table.insert({},2147483647,1)", None), ("return select(-2147483648,1)", None),
    # CVE-2025-46819: long brackets
    ("return #loadstring('return ['..('='):rep(1e6)..'[x]'..('='):rep(1e6)..']')()", 1), ("return tostring(loadstring('return [====x'))", b"nil"),
    ("return tostring(loadstring('return [===='))", b"nil"), ("return tostring(loadstring('return [===[x]=='))", b"nil"),
    # CVE-2025-67733: replies cannot be forged
    (r"return redis.error_reply('x\r\n+OK')", None), (r"return {err='x\r\n+OK'}", None), (r"return {ok='x\r\n:1'}", None), (r"error({err='x\r\n+OK'})", None),
    (r"redis.setresp(3) return {big_number='1\r\n+OK'}", None),
    (r"redis.setresp(3) return {verbatim_string={string='x',format='a\r\n'}}", None),
    (r"error('x\r\n+OK')", None),
    # Limits on resources
    ("return string.rep('x',2^31)", None), ("return #string.rep('x',2^30)", None), ("local t={} while true do t[#t+1]=string.rep('x',1e6)..#t end", None),
    ("local t={} for i=1,1e9 do t[i]=i end", None),
    ("return string.format('%99999d',1)", None),
    ("return ('a'):rep(30):find(('a?'):rep(15)..('a'):rep(15))", None),
    ("local function f() return 1+f() end return f()", None), ("local function f() local ok,e=pcall(f) return e end return tostring(f()):len() > 0", None),
    ("local function f(n) return coroutine.wrap(function() return f(n+1) end)() end return f(1)", None),
    ("local t={} for i=1,1e4 do t[i]=coroutine.create(function() end) end return 1", 1),
    ("local s='return 1' for i=1,300 do s='return ('..s:sub(8)..')' end return loadstring(s) and 1", None), ("return loadstring(('('):rep(1e5))", None),
    ("return loadstring('return '..('{'):rep(1e4))", None), ("local t=setmetatable({},{__index=function(t,k) return t[k+1] end}) return t[1]", None),
    ("local t=setmetatable({},{}) getmetatable(t).__index=t return t.x", None), ("local t={} for i=1,900 do t={t} end return #cjson.encode(t) > 0", 1),
    ("local t={} t.t=t return cjson.encode(t)", None), ("local t={} t[1]=t return 1", 1), ("return ('x'):rep(1e6):gsub('.','%0%0%0%0')", None),
    ("return table.concat(setmetatable({},{__index=function() return 'x' end}))", b""), ("table.sort({3,2,1,5,4},function() return true end) return 1", None),
    ("table.sort({1,2,3},function(a,b) error('x') end)", None),
    ("error(setmetatable({},{__tostring=function() error('y') end}))", None),
    ("error({x=1})", None),
    ("error(nil)", None), ("error()", None), ("xpcall(error,function() error('again') end) return 1", 1), ("return 42LL", None), ("return {1LL}", None),
    ("return setmetatable({},{__gc=function() redis.call('set','gc','1') end}) and 1", 1), ("redis.call('set',1LL,1)", None), ("goto x ::x:: return 1", None),
    ("return redis.call('get',('x'):rep(1e6))", None),
    ("return redis.call(unpack((function() local t={} for i=1,7000 do t[i]='x' end return t end)()))", None),
    ("return redis.sha1hex(('x'):rep(1e7))", None), ("redis.log(3,('x'):rep(100))", None), ("return redis.log('\\0','x')", None),
]

# What must still hold for the next user.
UNHARMED = "return {('x'):upper(), redis.call('ping').ok, type(string.upper), type(rawget(_G,'evil')), cjson.encode({1}), collectgarbage('count') > 0}"
WHOLE = [b"X", b"PONG", b"function", b"nil", b"[1]", 1]


def good(reply, wanted):
    if wanted is None:
        return True
    return reply == wanted


def try_texts(server):
    client, other = server.client(), server.client()
    for text, wanted in TEXTS:
        for name in ("EVAL", "EVAL_RO"):
            reply = client.call(name, text, "1", "k")
            check(good(reply, wanted), f"{text}: {str(reply)[:200]}")
            check(client.buffer == b"", f"{text}: a second reply {client.buffer[:80]!r}")
        check(other.call("EVAL", UNHARMED, "0") == WHOLE, f"after {text}: {other.call('EVAL', UNHARMED, '0')!r}")
    check(client.call("GET", "gc") is None, "a finalizer of a table does not run")


def malformed_libraries(server):
    """CVE-2022-24736: chunks that do not load, by each way."""
    client = server.client()
    for code in ("\x1bLua", "\x1bLJ\x02", "", "\0", "return", "x=", "redis.register_function", "redis.register_function({})",
                 "redis.register_function('x',redis.call)",
                 "error({err='a\\r\\nb'})", "error()", "local function f() return f() end", "redis.call=nil", "string.x=1", "while true do end",
                 "local t={} while true do t[#t+1]=('x'):rep(1e6)..#t end"):
        for command in (("SCRIPT", "LOAD", code), ("FUNCTION", "LOAD", "#!lua name=bad\n" + code), ("EVAL", "#!lua\n" + code, "0")):
            if command[0] != "EVAL" or "while" not in code:
                client.call(*command)
        check(client.call("EVAL", UNHARMED, "0") == WHOLE, f"after {code!r}")


def flush_while_collecting(server):
    """CVE-2024-46981: the interpreter ends while there is garbage."""
    client = server.client()
    for _ in range(20):
        client.call("EVAL", "local t={} for i=1,1e4 do t[i]=setmetatable({},{__gc=function() end}) end return 1", "0")
        check(client.call("SCRIPT", "FLUSH") == b"OK", "flushed")


def flush_while_running(server):
    """CVE-2026-23631: what a suspended script uses is emptied."""
    client, other = server.client(), server.client()
    client.ok("CONFIG", "SET", "busy-reply-threshold", "100")
    client.send(encode("EVAL", "while true do end", "0"))
    time.sleep(0.3)
    for command in (("FLUSHALL",), ("SCRIPT", "FLUSH"), ("FUNCTION", "FLUSH"), ("EVAL", "return 1", "0"), ("DEBUG", "RELOAD")):
        check(b"BUSY" in other.call(*command), f"{command} waits for the script")
    check(other.call("SCRIPT", "KILL") == b"OK", "killed")
    client.receive()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--maxmemory", default="256mb")
    options = parser.parse_args()
    with Folder("sandbox") as folder:
        server = folder.add(terrace(os.path.join(folder.path, "subject"), "--maxmemory", options.maxmemory)).start()
        server.client().ok("CONFIG", "SET", "busy-reply-threshold", "60000")
        try_texts(server)
        malformed_libraries(server)
        flush_while_collecting(server)
        flush_while_running(server)
        rss = server.rss()
        check(server.running(), "the process lives")
    say(f"sandbox: {len(TEXTS)} scripts; the process lives, {rss >> 20} MiB resident")


if __name__ == "__main__":
    end_with("sandbox", main)
