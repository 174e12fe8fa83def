// hiredis: pipelines, a transaction, a script, blocking, a stream's group, pub/sub: hiredis PORT DATABASE.
#include <hiredis/hiredis.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check(int holds, const char* what) {
  if (holds) return;
  printf("failed: %s\n", what);
  exit(1);
}

static redisContext* connect_to(int port, int database) {
  redisContext* c = redisConnect("127.0.0.1", port);
  check(c && !c->err, "connect");
  redisReply* reply = redisCommand(c, "SELECT %d", database);
  check(reply && reply->type == REDIS_REPLY_STATUS, "SELECT");
  freeReplyObject(reply);
  return c;
}

static redisReply* command(redisContext* c, const char* format, ...) {
  va_list list;
  va_start(list, format);
  redisReply* reply = redisvCommand(c, format, list);
  va_end(list);
  check(reply != NULL, c->errstr);
  if (reply->type == REDIS_REPLY_ERROR) printf("%s: %s\n", format, reply->str);
  check(reply->type != REDIS_REPLY_ERROR, "no error");
  return reply;
}

static redisReply* next_reply(redisContext* c) {
  void* reply = NULL;
  check(redisGetReply(c, &reply) == REDIS_OK && reply, "a reply");
  return reply;
}

static void pipelines(redisContext* c) {
  for (int i = 0; i < 1000; ++i) redisAppendCommand(c, "SET key:%d %b", i, "a\0b", (size_t)3);
  redisAppendCommand(c, "GET key:999");
  for (int i = 0; i < 1000; ++i) freeReplyObject(next_reply(c));
  redisReply* reply = next_reply(c);
  check(reply->type == REDIS_REPLY_STRING && reply->len == 3 && !memcmp(reply->str, "a\0b", 3), "a binary value");
  freeReplyObject(reply);
  reply = redisCommand(c, "SET a");
  check(reply->type == REDIS_REPLY_ERROR && strstr(reply->str, "wrong number of arguments"), "an error");
  freeReplyObject(reply);
}

static void transaction(redisContext* c, redisContext* other) {
  freeReplyObject(command(c, "WATCH t"));
  freeReplyObject(command(c, "MULTI"));
  freeReplyObject(command(c, "INCR t"));
  redisReply* reply = command(c, "EXEC");
  check(reply->type == REDIS_REPLY_ARRAY && reply->elements == 1 && reply->element[0]->integer == 1, "EXEC");
  freeReplyObject(reply);
  freeReplyObject(command(c, "WATCH t"));
  freeReplyObject(command(other, "SET t changed"));
  freeReplyObject(command(c, "MULTI"));
  freeReplyObject(command(c, "GET t"));
  reply = command(c, "EXEC");
  check(reply->type == REDIS_REPLY_NIL, "a broken watch");
  freeReplyObject(reply);
}

static void script(redisContext* c) {
  redisReply* sha = command(c, "SCRIPT LOAD %s", "return {KEYS[1], redis.call('INCRBY', KEYS[1], ARGV[1]), false}");
  redisReply* reply = command(c, "EVALSHA %s 1 counter 7", sha->str);
  check(reply->elements == 3 && reply->element[1]->integer == 7 && reply->element[2]->type == REDIS_REPLY_NIL, "EVALSHA");
  freeReplyObject(reply);
  freeReplyObject(sha);
}

static void blocking(redisContext* c, redisContext* other) {
  redisAppendCommand(c, "BLPOP queue 5");
  int written = 0;
  while (!written) check(redisBufferWrite(c, &written) == REDIS_OK, "a write");
  freeReplyObject(command(other, "RPUSH queue job"));
  redisReply* reply = next_reply(c);
  check(reply->elements == 2 && !strcmp(reply->element[1]->str, "job"), "BLPOP");
  freeReplyObject(reply);
}

static void stream(redisContext* c) {
  freeReplyObject(command(c, "XGROUP CREATE s g $ MKSTREAM"));
  freeReplyObject(command(c, "XADD s 1-1 f v"));
  redisReply* reply = command(c, "XREADGROUP GROUP g me COUNT 10 STREAMS s >");
  check(!strcmp(reply->element[0]->element[1]->element[0]->element[0]->str, "1-1"), "XREADGROUP");
  freeReplyObject(reply);
  reply = command(c, "XACK s g 1-1");
  check(reply->integer == 1, "XACK");
  freeReplyObject(reply);
}

static void messages(redisContext* c, redisContext* other) {
  freeReplyObject(command(c, "SUBSCRIBE hiredis:news"));
  redisReply* reply = command(other, "PUBLISH hiredis:news hello");
  check(reply->integer == 1, "one subscriber");
  freeReplyObject(reply);
  reply = next_reply(c);
  check(!strcmp(reply->element[0]->str, "message") && !strcmp(reply->element[2]->str, "hello"), "a message");
  freeReplyObject(reply);
  freeReplyObject(command(c, "UNSUBSCRIBE"));
}

int main(int count, char** arguments) {
  check(count == 3, "hiredis PORT DATABASE");
  const int port = atoi(arguments[1]), database = atoi(arguments[2]);
  redisContext* c = connect_to(port, database);
  redisContext* other = connect_to(port, database);
  freeReplyObject(command(c, "FLUSHDB"));
  pipelines(c);
  transaction(c, other);
  script(c);
  blocking(c, other);
  stream(c);
  messages(c, other);
  redisFree(c);
  redisFree(other);
  printf("%d.%d.%d: pipelines, WATCH, scripts, blocking, stream groups, pub/sub\n", HIREDIS_MAJOR, HIREDIS_MINOR, HIREDIS_PATCH);
  return 0;
}
