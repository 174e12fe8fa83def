"""Scripts whose replies redis-server 7.0 and Terrace must give alike; scripts.py runs them.

Left out is what differs: a function that is called last in a `return` has no name in errors (LuaJIT has replaced its
caller by it), the order of the pairs of a table, and texts of errors of Lua's own libraries.
"""

# The library `redis`, conversions, errors, the language.
LANGUAGE = r"""
return foo
return redis.call('nosuch')
return redis.call('get')
return redis.pcall('nosuch').err
return redis.error_reply('Foo')
return redis.error_reply('My Err')
return redis.error_reply('-My Err')
return redis.error_reply(3)
return {err='x y'}
return redis.call()
return redis.call({})
return redis.call('set','a',{})
x=1
rawset(_G,'x',1)
KEYS=5 return KEYS
string.x=5 return 1
setmetatable(_G,{})
return type(getmetatable(_G))
return type(getmetatable(''))
error('boom')
error({err='boom bar'})
error()
return 1 +
return {1,2,{3,'a'},nil,4}
return {1.9,-1.9,true,false}
return redis.status_reply('X y')
return redis.sha1hex('a')
return redis.sha1hex()
return redis.sha1hex(12)
return redis.log('a')
return redis.log(7,'a')
return redis.log('x','a')
return redis.setresp(4)
return redis.setresp()
return redis.set_repl(9)
return tostring(redis.replicate_commands())
return redis.acl_check_cmd('set')
return redis.acl_check_cmd('nosuch')
return redis.acl_check_cmd()
return tostring(redis.breakpoint())
local r={} for k,v in pairs(redis) do r[#r+1]=k end table.sort(r) return table.concat(r,' ')
return redis.call('set','k','v') .. nil
return redis.call('incr','k')
local function f() return redis.call('incr','k') end
return {tostring(1/0), tostring(1e15), tostring(2^53), tostring(0.1),1e300,-1e300,0/0}
return _VERSION
return redis.error_reply('')
return redis.error_reply('-')
return redis.error_reply('- x')
return redis.error_reply('a b\r\nc')
return {ok='a\r\nb'}
return {err='a\r\nb'}
return {err=''}
return {ok=''}
return cjson
return function() end
return {double=3.5}
return {map={a=1}}
redis.setresp(3) return {true,false}
redis.setresp(3) return {true,false,{double=3.5},{map={a=1}},{set={a=true}},{big_number='12345'},{verbatim_string={string='x',format='txt'}}}
return {{double=3.5},{map={a=1}},{set={a=true}},{big_number='12345'},{verbatim_string={string='x',format='txt'}},true,false}
redis.setresp(3) return tostring(redis.call('get','nokey'))
redis.call('zadd','z','1.5','1') redis.setresp(3) return redis.call('zscore','z','1')
redis.call('del','h') redis.call('hset','h','a','1') redis.setresp(3) return redis.call('hgetall','h')
redis.call('hset','h','a','1') return redis.call('hgetall','h')
redis.call('sadd','s','a') redis.setresp(3) return redis.call('smembers','s')
return redis.call('set','n',10.5)
return redis.call('get','n')
return redis.call('set','n',3)
return redis.call('echo',1e20)
return redis.call('echo',-0.5)
return redis.call('lpop','n')
return redis.pcall('lpop','n')
return redis.pcall('lpop','n')['err']
local ok,e=pcall(redis.call,'lpop','n') return e
local ok,e=pcall(redis.call,'lpop','n') local r={} for k,v in pairs(e) do r[#r+1]=k..'='..tostring(v) end table.sort(r) return r
local ok,e=pcall(error,'x') return tostring(e)
return redis.call('select',3)
redis.call('select',3) redis.call('set','in3','1') return redis.call('dbsize')
return redis.call('blpop','nolist',0)
return redis.call('exec')
return redis.call('multi')
return redis.call('eval','return 1',0)
return redis.call('config','get','maxmemory')
return redis.call('config','nosuch')
return redis.call('config')
return redis.call('keys','nosuch*')
return redis.call('type','n')
return redis.call('ping')
return redis.call('time')[1] and 1
return redis.call('hello')
return redis.call('client','id') and 1
return redis.call('debug','sleep',0)
return redis.call('save')
return redis.call('script','load','return 1')
return redis.call('dbsize') >= 0
return #ARGV
return {KEYS[1],ARGV[1]}
return loadstring('return 1+1')()
return tostring(loadstring('return 1+'))
return select(2,loadstring('return 1+'))
return load(function() return nil end)()
local t={3,1,2} table.sort(t) return t
local t={} table.insert(t,1) table.insert(t,1,2) table.insert(t,5) return t
table.insert(string,'x')
table.remove(string)
table.sort(string)
table.insert({},1,2,3)
return table.remove({1,2,3})
return next(_G) ~= nil
return rawget(_G,'nosuch')
return type(rawget(_G,'redis'))
return redis.nosuch
return string.nosuch
return string.format('%d %s %q %5.2f',3.7,'x','a\nb',1.234)
return ('x'):rep(3)
return ('x'):nosuch()
return coroutine.wrap(function() return redis.call('ping') end)()
local co=coroutine.create(function() coroutine.yield(1) return 2 end) local a,b=coroutine.resume(co) local c,d=coroutine.resume(co) return {b,d}
return bit.tohex(65535,-2147483648)
return bit.band(0xff,0x0f)
return math.random(1,2,3)
math.randomseed(42) local r={} for i=1,5 do r[i]=string.format('%.17g',math.random()) end r[6]=math.random(10) r[7]=math.random(5,9) return r
math.randomseed(-1.7) return math.random(1000000)
math.randomseed(1e12) return math.random(1000000)
return tostring(print)
return {1,nil,3}
return {a=1}
return ''
return {'a\0b'}
assert(false,'no')
assert(false)
local a=nil; a.b=1
local a={}; a.b.c=1
return #nil
return {} < {}
return nosuch()
return redis.call('set','x','y','bad')
redis.call('set','x','y') return redis.call('get','x')
return unpack({},0,2147483647)
return tostring(nil)..tostring(true)
return tonumber('0x10')
return tonumber('z',36)
return gcinfo() > 0
return collectgarbage('count') > 0
return xpcall(function() error('a') end, function(e) return 'h:'..e end)
return select('#',xpcall(function() error('a') end, function(e) return 'h:'..e end))
return math.mod(5,3)
return string.gfind and 1
return table.getn({1,2})
return table.setn({},1)
return table.maxn({1,2,[10]=3})
return math.huge
return -math.huge
return redis
return coroutine.running()
return getfenv
return setfenv(1,{})
return newproxy
return tostring(2^63)
return 2^63
return 9007199254740993
return {'x',{err='E inner'},{ok='fine'}}
""".strip().splitlines()

# The libraries.
LIBRARIES = r"""
return cjson.encode({1,2,3})
return cjson.encode({})
return cjson.encode({a=1})
return cjson.encode('a"b\\c/d\b\f\n\r\t\0\1\127é')
return cjson.encode({1.5,1e15,1e300,0.1,123456789012345678,-0})
return cjson.encode({1,nil,3})
return cjson.encode({[1]=1,[2]=2,[4]=4})
return cjson.encode({[100]=1})
return cjson.encode({[1]=1,a=2}) ~= nil
return cjson.encode({[1.5]=1})
return cjson.encode({[true]=1})
return cjson.encode(function() end)
return cjson.encode({function() end})
return cjson.encode(1/0)
return cjson.encode(0/0)
return cjson.encode(nil)
return cjson.encode(cjson.null)
return cjson.encode({cjson.null,true,false})
local t={} for i=1,1001 do t={t} end return cjson.encode(t)
local t={} for i=1,999 do t={t} end return #cjson.encode(t)
return cjson.decode('[1,2,3]')
return cjson.decode('{"a":1}').a
return cjson.decode('{"a":{"b":[1,{"c":null}]}}').a.b[2].c == cjson.null
return cjson.decode('"\\u00e9\\ud83d\\ude00\\n\\/"')
return cjson.decode('"\\ud83d"')
return cjson.decode('"\\udc00"')
return cjson.decode('"abc')
return cjson.decode('[1,2')
return cjson.decode('[1 2]')
return cjson.decode('{"a" 1}')
return cjson.decode('{"a":1 "b"}')
return cjson.decode('{a:1}')
return cjson.decode('{"a":}')
return cjson.decode('')
return cjson.decode('nul')
return cjson.decode('true false')
return tostring(cjson.decode('1e5'))
return tostring(cjson.decode('-1.5'))
return tostring(cjson.decode('0x10'))
return tostring(cjson.decode('01'))
return tostring(cjson.decode('inf'))
return tostring(cjson.decode('-'))
return cjson.decode('+1')
return cjson.decode('[1,]')
return cjson.decode('{"a":1,}')
return cjson.decode(('['):rep(1001)..(']'):rep(1001))
return cjson.decode(('['):rep(1000)..(']'):rep(1000)) ~= nil
return cjson.decode(5)
return cjson.decode('a\0b')
return cjson.decode('[]')
return cjson.encode(cjson.decode('[]'))
return cjson.encode(cjson.decode('{"x":[1,2,{"y":"z"}]}'))
return {cjson.encode_max_depth()}
return {cjson.decode_max_depth(0)}
return {cjson.encode_sparse_array()}
return {cjson.encode_number_precision(15)}
return {cjson.encode_number_precision(3),cjson.encode(3.14159),cjson.encode_number_precision(14)}
return {cjson.encode_invalid_numbers(),cjson.decode_invalid_numbers(),cjson.encode_keep_buffer()}
return {cjson.encode_invalid_numbers('null'),cjson.encode(0/0),cjson.encode_invalid_numbers(false)}
return {cjson._NAME,cjson._VERSION}
cjson.x=1
local c=cjson.new() return c.encode({1})
return cmsgpack.pack(1)
return cmsgpack.pack(-1,127,128,255,256,65535,65536,4294967295,4294967296,-32,-33,-128,-129,-32768,-32769,-2147483648,-2147483649)
return cmsgpack.pack(2^53,-2^53,2^62,2^63,-2^63,1e19,1.5,0.1,1/0,-1/0)
return cmsgpack.pack('a',('b'):rep(31),('c'):rep(32),('d'):rep(255),('e'):rep(256))
return cmsgpack.pack(('e'):rep(65535)) == nil
return cmsgpack.pack(('e'):rep(70000))
return cmsgpack.pack(nil,true,false)
return cmsgpack.pack({},{1,2,3},{a=1},{1,nil,3})
return cmsgpack.pack({[0]=1})
local t={} for i=1,20 do t[i]=i end return cmsgpack.pack(t)
local t={} for i=1,70000 do t[i]=1 end return #cmsgpack.pack(t)
local t={} for i=1,20 do t={t} end return cmsgpack.pack(t)
return cmsgpack.pack(function() end)
return {cmsgpack.unpack(cmsgpack.pack(1,'a',{1,2},nil,true))}
return {cmsgpack.unpack_one(cmsgpack.pack(1,'a'))}
return {cmsgpack.unpack_one(cmsgpack.pack(1,'a'),1)}
return {cmsgpack.unpack_limit(cmsgpack.pack(1,2,3),2)}
return {cmsgpack.unpack_limit(cmsgpack.pack(1,2,3),2,1)}
return {cmsgpack.unpack_one('abc',10)}
return {cmsgpack.unpack('')}
return {cmsgpack._NAME,cmsgpack._VERSION,cmsgpack._COPYRIGHT,cmsgpack._DESCRIPTION}
return cmsgpack.unpack(5)
return struct.pack('>I2h',1,-2)
return struct.pack('<I4',305419896)
return struct.pack('bBhHiIlLT',-1,255,-2,65535,-3,4294967295,-4,5,6)
return struct.pack('!4bi',1,2)
return struct.pack('>d<f',1.5,2.5)
return struct.pack('s','abc')
return struct.pack('c2','abc')
return struct.pack('c0','abc')
return struct.pack('>I2147483648',1)
return struct.pack('>I33',1)
return struct.pack('>I99999999999',1)
return struct.pack('i32',-1)
return struct.pack('i3',-2)
return struct.pack('!3i',1)
return struct.pack('i',1.9)
return struct.pack('xxi',1)
return {struct.unpack('>I2h','\0\1\255\254')}
return {struct.unpack('<i','\1\0\0\0')}
return {struct.unpack('i3','\254\255\255')}
return {struct.unpack('Bc0','\3abcd')}
return {struct.unpack('c0','abc')}
return {struct.unpack('s','abc\0def')}
return {struct.unpack('s','abc')}
return {struct.unpack('i','ab')}
return {struct.unpack('b','\255',1)}
return {struct.unpack('b','\255',0)}
return {struct.unpack('b','\255',2)}
return {struct.unpack('>d','\63\248\0\0\0\0\0\0')}
return {struct.unpack('c2147483647','a')}
return {struct.unpack('l','\255\255\255\255\255\255\255\255')}
return {struct.unpack('!8bd',('\0'):rep(16))}
return struct.size('bhil')
return struct.size('!8bhil')
return struct.size('c10')
return struct.size('i33')
return struct.pack('L',2^63)
return struct.pack('l',-2^63)
return bit.tobit(0xffffffff)
return bit.tobit(2^40+5)
return bit.tohex(1)
return bit.tohex(-1,4)
return bit.tohex(255,-4)
return bit.tohex(0x12345678,-8)
return bit.tohex(1,100)
return math.floor(-1.5)
return {math.ceil(1.2),math.max(1,5,3),math.min(2,-1),math.abs(-3),math.pow(2,10),math.fmod(-5,3)}
return {string.byte('abc',1,3)}
return string.char(65,66)
return {string.find('hello','l+')}
return {string.gsub('hello','l','L')}
return string.format('%5d|%-5s|%05.1f|%x|%X|%o|%c|%e|%g|%i|%u|%%',42,'ab',3.14159,255,255,8,65,12345.678,0.0001,7,8)
return string.format('%d','10')
return ('abc'):upper():lower():len():rep(2)
return table.concat({1,2,3},',',2,3)
return tostring(1e100)
return tostring(-0.5)
return 10/3
return tostring(10/3)
return tostring(3 % -2)
return tostring(2^0.5)
return 'a'..1 ..2.5
return '10'+5
return 'x'+5
return #'abc'
return 1 < 'x'
return tostring(1 == '1')
""".strip().splitlines()
