"""What the headers outside the project declare, as far as a program like this one uses it.

QUALIFIED: names of the standard library, which follow `std::` or another `::`.
PLAIN: patterns of names of C, of the system and of libraries; they follow neither `.` nor `->`.
"""

QUALIFIED = {
    "algorithm": """adjacent_find all_of any_of binary_search clamp copy copy_backward copy_if copy_n count count_if equal
        equal_range fill fill_n find find_end find_first_of find_if find_if_not for_each for_each_n generate generate_n includes
        inplace_merge is_heap is_partitioned is_permutation is_sorted is_sorted_until iter_swap lexicographical_compare
        lexicographical_compare_three_way lower_bound make_heap max max_element merge min min_element minmax minmax_element mismatch
        move_backward next_permutation none_of nth_element partial_sort partial_sort_copy partition partition_copy partition_point
        pop_heap prev_permutation push_heap remove remove_copy remove_copy_if remove_if replace replace_copy replace_if reverse
        reverse_copy rotate rotate_copy sample search search_n set_difference set_intersection set_symmetric_difference set_union
        shift_left shift_right shuffle sort sort_heap stable_partition stable_sort swap_ranges transform unique unique_copy
        upper_bound""",
    "array": "array to_array",
    "atomic": r"atomic atomic_\w+ memory_order memory_order_\w+",
    "bit": """bit_cast bit_ceil bit_floor bit_width countl_one countl_zero countr_one countr_zero endian has_single_bit popcount
        rotl rotr""",
    "bitset": "bitset",
    "charconv": "chars_format from_chars from_chars_result to_chars to_chars_result",
    "chrono": r"chrono chrono_literals",
    "compare": r"""\w+_ordering compare_three_way compare_three_way_result is_eq is_gt is_gteq is_lt is_lteq is_neq
        three_way_comparable""",
    "concepts": r"""assignable_from common_with constructible_from convertible_to copy_constructible copyable default_initializable
        derived_from destructible equality_comparable floating_point integral invocable move_constructible movable predicate regular
        relation same_as semiregular signed_integral swappable totally_ordered unsigned_integral""",
    "condition_variable": "condition_variable condition_variable_any cv_status notify_all_at_thread_exit",
    "coroutine": r"coroutine_handle coroutine_traits noop_coroutine noop_coroutine_handle suspend_always suspend_never",
    "deque": "deque",
    "exception": r"current_exception exception exception_ptr rethrow_exception set_terminate terminate uncaught_exceptions",
    "filesystem": "filesystem",
    "fstream": "basic_fstream filebuf fstream ifstream ofstream",
    "functional": r"""bind bind_front bit_and bit_or bit_xor bit_not cref divides equal_to function greater greater_equal hash
        identity invoke less less_equal logical_and logical_not logical_or mem_fn minus modulus multiplies negate not_equal_to not_fn
        placeholders plus ref reference_wrapper""",
    "future": "async future launch packaged_task promise shared_future",
    "initializer_list": "initializer_list",
    "iomanip": "get_time put_time quoted setbase setfill setprecision setw",
    "iostream": "cerr cin clog cout",
    "istream": "istream ws",
    "iterator": r"""advance back_inserter begin cbegin cend data default_sentinel distance empty end front_inserter
        \w*iterator \w*iterator_tag iterator_traits inserter iter_\w+_t make_move_iterator make_reverse_iterator next prev rbegin rend
        \w+_range_t sentinel_for size ssize""",
    "limits": "float_denorm_style float_round_style numeric_limits",
    "list": "list",
    "map": "map multimap",
    "memory": r"""addressof align allocate_shared allocator allocator_arg allocator_traits assume_aligned bad_weak_ptr const_pointer_cast
        construct_at default_delete destroy destroy_at destroy_n dynamic_pointer_cast enable_shared_from_this make_shared
        make_shared_for_overwrite make_unique make_unique_for_overwrite pointer_traits reinterpret_pointer_cast shared_ptr
        static_pointer_cast to_address uninitialized_\w+ unique_ptr uses_allocator weak_ptr""",
    "mutex": r"""adopt_lock call_once defer_lock lock lock_guard mutex once_flag recursive_mutex recursive_timed_mutex scoped_lock
        timed_mutex try_lock try_to_lock unique_lock""",
    "new": r"align_val_t bad_alloc destroying_delete get_new_handler hardware_\w+ launder nothrow set_new_handler",
    "numbers": "numbers",
    "numeric": r"""accumulate adjacent_difference exclusive_scan gcd inclusive_scan inner_product iota lcm midpoint partial_sum reduce
        transform_exclusive_scan transform_inclusive_scan transform_reduce""",
    "optional": "bad_optional_access in_place make_optional nullopt nullopt_t optional",
    "ostream": "endl ends flush ostream",
    "queue": "priority_queue queue",
    "random": r"""\w+_distribution \w+_engine bernoulli_distribution generate_canonical knuth_b minstd_rand minstd_rand0 mt19937
        mt19937_64 random_device ranlux\w+ seed_seq uniform_random_bit_generator""",
    "ranges": "ranges views",
    "set": "multiset set",
    "shared_mutex": "shared_lock shared_mutex shared_timed_mutex",
    "source_location": "source_location",
    "span": "as_bytes as_writable_bytes dynamic_extent span",
    "sstream": "basic_stringstream istringstream ostringstream stringbuf stringstream",
    "stack": "stack",
    "stdexcept": r"""domain_error invalid_argument length_error logic_error out_of_range overflow_error range_error
        runtime_error""",
    "stop_token": "nostopstate stop_callback stop_source stop_token",
    "string": r"""basic_string char_traits getline hash literals pmr stod stof stoi stol stold stoll stoul stoull string string_literals
        to_string to_wstring u8string u16string u32string wstring""",
    "string_view": "basic_string_view char_traits hash literals string_view string_view_literals u8string_view wstring_view",
    "system_error": r"""errc error_category error_code error_condition generic_category is_error_code_enum make_error_code
        system_category system_error""",
    "thread": "jthread this_thread thread",
    "tuple": """apply forward_as_tuple get ignore make_from_tuple make_tuple tie tuple tuple_cat tuple_element tuple_element_t
        tuple_size tuple_size_v""",
    "type_traits": r"""add_\w+ aligned_storage_t bool_constant common_reference_t common_type common_type_t conditional conditional_t
        conjunction conjunction_v decay decay_t disjunction disjunction_v enable_if enable_if_t extent_v false_type
        has_unique_object_representations_v has_virtual_destructor_v integral_constant invoke_result invoke_result_t is_\w+ make_signed
        make_signed_t make_unsigned make_unsigned_t negation negation_v rank_v remove_\w+ true_type type_identity type_identity_t
        underlying_type underlying_type_t unwrap_ref_decay_t void_t""",
    "typeinfo": "bad_cast bad_typeid type_info",
    "unordered_map": "unordered_map unordered_multimap",
    "unordered_set": "unordered_multiset unordered_set",
    "utility": r"""as_const cmp_\w+ declval exchange forward get in_place in_place_index in_place_t in_place_type in_range index_sequence
        index_sequence_for integer_sequence make_index_sequence make_integer_sequence make_pair move move_if_noexcept pair
        piecewise_construct swap tuple_size tuple_element""",
    "variant": """bad_variant_access get get_if holds_alternative monostate variant variant_alternative_t variant_npos
        variant_size_v visit""",
    "vector": "vector",
}

_SIGNAL = r"""SIG[A-Z0-9]+ SA_\w+ SIG_\w+ SI_\w+ CLD_\w+ raise signal kill killpg psignal pthread_kill pthread_sigmask sigaction sigaddset
    sigaltstack sigdelset sigemptyset sigfillset siginfo_t sigismember sigpending sigprocmask sigqueue sigset_t sigsuspend sigtimedwait
    sigwait sigwaitinfo sig_atomic_t sigval stack_t MINSIGSTKSZ SIGSTKSZ"""
_TIME = r"""CLOCK_\w+ CLOCKS_PER_SEC TIMER_ABSTIME asctime clock clock_getres clock_gettime clock_nanosleep clock_settime clock_t
    ctime ctime_r difftime gmtime gmtime_r localtime localtime_r mktime nanosleep strftime strptime time time_t timegm timespec
    timespec_get timezone tm tzset itimerspec"""
_SOCKET = r"""AF_\w+ MSG_\w+ PF_\w+ SHUT_\w+ SOCK_\w+ SOL_\w+ SO_\w+ SOMAXCONN SCM_\w+ CMSG_\w+ accept accept4 bind cmsghdr connect getpeername
    getsockname getsockopt linger listen mmsghdr msghdr recv recvfrom recvmmsg recvmsg send sendmmsg sendmsg sendto setsockopt
    shutdown sockaddr sockaddr_storage socket socketpair socklen_t ucred"""
_STRING = r"""mem(?:ccpy|chr|cmp|cpy|mem|move|pcpy|rchr|set) str(?:cat|chr|cmp|coll|cpy|cspn|dup|error|error_r|len|ncat|ncmp|ncpy|ndup|nlen
    |pbrk|rchr|sep|signal|spn|str|tok|tok_r|xfrm|casecmp|ncasecmp|casestr) explicit_bzero basename""".replace("\n    |", "|")

PLAIN = {
    "arpa/inet.h": "htonl htons inet_addr inet_aton inet_ntoa inet_ntop inet_pton ntohl ntohs",
    "cassert": "assert",
    "cctype": "is(?:alnum|alpha|blank|cntrl|digit|graph|lower|print|punct|space|upper|xdigit) tolower toupper",
    "cerrno": r"errno E(?!OF\b)[A-Z0-9]{2,} program_invocation_name",
    "cfloat": r"(?:FLT|DBL|LDBL)_\w+ DECIMAL_DIG FLT_RADIX",
    "cinttypes": r"(?:PRI|SCN)[dioux]\w+ imaxabs imaxdiv strtoimax strtoumax",
    "climits": r"(?:U?(?:CHAR|SHRT|INT|LONG|LLONG)|SCHAR|SSIZE)_(?:MAX|MIN) CHAR_BIT IOV_MAX NAME_MAX PATH_MAX",
    "clocale": r"LC_\w+ lconv localeconv setlocale",
    "cmath": r"""FP_\w+ HUGE_VALF? INFINITY M_\w+ NAN signbit
        (?:abs|acos|acosh|asin|asinh|atan|atan2|atanh|cbrt|ceil|copysign|cos|cosh|erf|erfc|exp|exp2|expm1|fabs|fdim|floor|fma|fmax|fmin
        |fmod|fpclassify|frexp|hypot|ilogb|isfinite|isgreater|isinf|isless|isnan|isnormal|ldexp|lerp|lgamma|llrint|llround|log|log10|log1p
        |log2|logb|lrint|lround|modf|nan|nearbyint|nextafter|nexttoward|pow|remainder|remquo|rint|round|scalbn|sin|sinh|sqrt|tan|tanh
        |tgamma|trunc)[fl]?""".replace("\n        |", "|"),
    "csignal": _SIGNAL,
    "cstdarg": r"va_\w+",
    "cstddef": "NULL byte max_align_t nullptr_t offsetof ptrdiff_t size_t to_integer",
    "cstdint": r"""u?int(?:_least|_fast)?(?:8|16|32|64)_t u?intmax_t u?intptr_t U?INT\d+_(?:MAX|MIN|C) U?INT(?:MAX|PTR)_\w+
        SIZE_MAX PTRDIFF_\w+""",
    "cstdio": r"""BUFSIZ EOF FILE SEEK_\w+ clearerr dprintf fclose fdopen feof ferror fflush fgetc fgets fileno fmemopen fopen fprintf
        fputc fputs fread freopen fscanf fseek fseeko ftell ftello fwrite getc getchar getdelim getline open_memstream pclose perror popen
        printf putc putchar puts remove rename renameat rewind scanf setbuf setlinebuf setvbuf snprintf sprintf sscanf stderr stdin stdout
        tmpfile ungetc v[fs]n?printf vdprintf vprintf vsscanf _IO\w+""",
    "cstdlib": r"""EXIT_\w+ MB_CUR_MAX RAND_MAX _Exit abort abs aligned_alloc at_quick_exit atexit atof atoi atol atoll bsearch calloc
        clearenv div exit free getenv getloadavg labs llabs lldiv malloc mbstowcs mkdtemp mkostemp mkstemp mktemp posix_memalign putenv qsort
        quick_exit rand random realloc realpath reallocarray secure_getenv setenv srand srandom strtod strtof strtol strtold strtoll strtoul
        strtoull system unsetenv wcstombs""",
    "cstring": _STRING,
    "ctime": _TIME,
    "dirent.h": r"DIR DT_\w+ closedir dirent dirfd fdopendir opendir readdir rewinddir scandir",
    "execinfo.h": "backtrace backtrace_symbols backtrace_symbols_fd",
    "fcntl.h": r"""AT_\w+ FALLOC_\w+ FD_CLOEXEC F_\w+ O_\w+ POSIX_FADV_\w+ creat fallocate fcntl flock open openat posix_fadvise
        posix_fallocate readahead splice sync_file_range""",
    "glob.h": r"GLOB_\w+ glob glob_t globfree",
    "grp.h": r"getgr\w+ group initgroups setgroups",
    "linux/sched.h": r"CLONE_\w+ SCHED_\w+ clone_args",
    "malloc.h": r"M_\w+ mallinfo2? malloc_\w+ mallopt memalign",
    "netdb.h": r"AI_\w+ EAI_\w+ NI_\w+ addrinfo freeaddrinfo gai_strerror getaddrinfo gethostbyname getnameinfo",
    "netinet/in.h": r"""INADDR_\w+ INET6?_ADDRSTRLEN IN6ADDR_\w+ IN6_\w+ IPPROTO_\w+ IPV6_\w+ IP_\w+ htonl htons in6_addr
        in6addr_\w+ in_addr in_addr_t in_port_t ntohl ntohs sockaddr_in6?""",
    "netinet/tcp.h": r"TCP_\w+ tcp_info",
    "poll.h": r"POLL[A-Z]+ nfds_t poll pollfd ppoll",
    "pthread.h": r"PTHREAD_\w+ pthread_\w+",
    "pwd.h": r"getpw\w+ passwd",
    "sched.h": r"CLONE_\w+ CPU_\w+ SCHED_\w+ clone cpu_set_t sched_\w+ setns unshare",
    "semaphore.h": r"SEM_\w+ sem_\w+",
    "signal.h": _SIGNAL,
    "string.h": _STRING,
    "strings.h": "bcmp bcopy bzero ffs index rindex strcasecmp strncasecmp",
    "sys/epoll.h": r"EPOLL\w+ epoll_\w+",
    "sys/eventfd.h": r"EFD_\w+ eventfd eventfd_\w+ eventfd_t",
    "sys/file.h": r"LOCK_\w+ flock",
    "sys/ioctl.h": r"[A-Z]*IO[A-Z]+ ioctl winsize",
    "sys/mman.h": r"""MADV_\w+ MAP_\w+ MCL_\w+ MFD_\w+ MREMAP_\w+ MS_\w+ PROT_\w+ madvise memfd_create mincore mlock mlockall
        mmap mprotect mremap msync munlock munmap shm_open shm_unlink""",
    "sys/prctl.h": r"PR_\w+ prctl",
    "sys/random.h": r"GRND_\w+ getentropy getrandom",
    "sys/resource.h": r"""PRIO_\w+ RLIMIT_\w+ RLIM_\w+ RUSAGE_\w+ getpriority getrlimit getrusage prlimit rlim_t rlimit rusage
        setpriority setrlimit""",
    "sys/signalfd.h": r"SFD_\w+ signalfd signalfd_siginfo",
    "sys/socket.h": _SOCKET,
    "sys/stat.h": r"""S_\w+ UTIME_\w+ chmod fchmod fchmodat fstat fstatat futimens lstat mkdir mkdirat mkfifo mknod stat statx
        umask utimensat STATX_\w+""",
    "sys/statvfs.h": r"ST_\w+ fstatvfs statvfs",
    "sys/syscall.h": r"SYS_\w+ __NR_\w+",
    "sys/sysinfo.h": "get_avphys_pages get_nprocs get_nprocs_conf get_phys_pages sysinfo",
    "sys/time.h": r"""ITIMER_\w+ futimes getitimer gettimeofday itimerval setitimer settimeofday timeradd timersub timeval
        utimes""",
    "sys/timerfd.h": r"TFD_\w+ timerfd_\w+",
    "sys/types.h": "blkcnt_t blksize_t dev_t gid_t ino_t mode_t nlink_t off_t pid_t size_t ssize_t suseconds_t time_t uid_t",
    "sys/uio.h": r"iovec preadv2? process_vm_\w+ pwritev2? readv writev",
    "sys/un.h": "sockaddr_un",
    "sys/utsname.h": "uname utsname",
    "sys/wait.h": r"""P_\w+ WCONTINUED WCOREDUMP WEXITED WEXITSTATUS WIFEXITED WIFSIGNALED WIFSTOPPED WNOHANG WNOWAIT WSTOPSIG
        WTERMSIG WUNTRACED idtype_t wait wait[34] waitid waitpid""",
    "time.h": _TIME,
    "unistd.h": r"""[FRWX]_OK SEEK_\w+ STD(?:ERR|IN|OUT)_FILENO _SC_\w+ _PC_\w+ _exit access alarm chdir chown close copy_file_range daemon
        dup dup2 dup3 environ exec[lv]\w* fchdir fchown fdatasync fexecve fork fpathconf fsync ftruncate getcwd getegid geteuid getgid
        getgroups gethostname getopt getpagesize getpgid getpgrp getpid getppid getsid gettid getuid isatty lchown link linkat lockf lseek
        nice optarg optind pathconf pause pid_t pipe pipe2 pread pwrite read readlink readlinkat rmdir setegid seteuid setgid setpgid setsid
        setuid sleep ssize_t symlink symlinkat sync syncfs syscall sysconf truncate ttyname uid_t unlink unlinkat usleep vfork write""",
    # Libraries.
    "CLI/CLI.hpp": "CLI",
    "benchmark/benchmark.h": r"benchmark BENCHMARK\w*",
    "fuzzer/FuzzedDataProvider.h": "FuzzedDataProvider",
    "gmock/gmock.h": r"MOCK_\w+ ON_CALL EXPECT_CALL EXPECT_THAT ASSERT_THAT testing",
    "gtest/gtest.h": r"""TEST(?:_F|_P)? TYPED_TEST\w* (?:EXPECT|ASSERT)_\w+ FAIL SUCCEED ADD_FAILURE\w* GTEST_\w+
        INSTANTIATE_\w+ RUN_ALL_TESTS SCOPED_TRACE testing""",
    "liblzf/lzf.h": r"lzf_\w+ LZF_\w+",
    "boost/context/fiber.hpp": "boost context fiber preallocated stack_context",
    "sanitizer/common_interface_defs.h": r"__sanitizer_\w+",
    "liburing.h": r"io_uring\w* IORING_\w+ IOSQE_\w+ __kernel_timespec",
    "lz4.h": r"LZ4_\w+",
    "lz4hc.h": r"LZ4_\w*HC\w* LZ4HC_\w+ LZ4_\w*stream\w*HC",
    "lua.hpp": r"lua_\w+ luaL_\w+ luaopen_\w+ luaJIT_\w+ LUA_\w+ LUAJIT_\w+",
    "mimalloc.h": r"mi_\w+ MI_\w+",
    "xxhash.h": r"XXH\w+",
    "zdict.h": r"ZDICT_\w+",
    "openssl/crypto.h": "CRYPTO_memcmp",
    "openssl/rand.h": "RAND_bytes",
    "openssl/sha.h": "SHA256 SHA256_DIGEST_LENGTH",
    "zstd.h": r"ZSTD_\w+",
}

# Needed by what has no name of the header's: a defaulted comparison, a range-for over a list.
UNNAMED = {"compare": r"<=>", "initializer_list": r":\s*\{"}
