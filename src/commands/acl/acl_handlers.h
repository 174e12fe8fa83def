// The handlers of ACL.
// Ownership: no state. Thread: the reactor's.
#pragma once

#include "src/execution/context.h"

namespace terrace::commands {

// acl_show.cpp
void acl_cat(Context& context);
void acl_dryrun(Context& context);
void acl_getuser(Context& context);
void acl_help(Context& context);
void acl_list(Context& context);
void acl_log(Context& context);
void acl_users(Context& context);
void acl_whoami(Context& context);

// acl_change.cpp
void acl_deluser(Context& context);
void acl_genpass(Context& context);
void acl_load(Context& context);
void acl_save(Context& context);
void acl_setuser(Context& context);

}  // namespace terrace::commands
