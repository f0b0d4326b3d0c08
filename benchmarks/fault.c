/* A full disk from the Nth write on, for torture.py: preloaded, it counts what is written below FAULT_FOLDER in a file
   that all processes map (FAULT_COUNTER), and from number FAULT_AT on says ENOSPC, or the number in FAULT_ERRNO.
   With FAULT_LOCK no file can be locked: flock says that number, as network folders do. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static long *counter;

static int is_full(int file)
{
    static long at = -1;
    static const char *folder;
    char link[64], path[4096];
    if (at < 0) {
        const char *number = getenv("FAULT_AT"), *shared = getenv("FAULT_COUNTER");
        folder = getenv("FAULT_FOLDER");
        at = number ? atol(number) : 0;
        if (shared && folder) {
            int handle = open(shared, O_RDWR);
            void *mapped = handle < 0 ? MAP_FAILED : mmap(0, sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
            counter = mapped == MAP_FAILED ? 0 : mapped;
            if (handle >= 0) close(handle);
        }
    }
    if (!counter || file < 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    if (strncmp(path, folder, strlen(folder))) return 0;
    long number = __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
    return at > 0 && number >= at;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
static int full_disk(void)
{
    const char *number = getenv("FAULT_ERRNO");
    return number ? atoi(number) : ENOSPC;
}

#define REFUSE(file) if (is_full(file)) { errno = full_disk(); return -1; }

ssize_t write(int file, const void *data, size_t size) { REFUSE(file) return REAL(write)(file, data, size); }
ssize_t writev(int file, const struct iovec *parts, int n) { REFUSE(file) return REAL(writev)(file, parts, n); }
ssize_t pwrite64(int file, const void *data, size_t size, off64_t at)
{
    REFUSE(file)
    return REAL(pwrite64)(file, data, size, at);
}
ssize_t sendfile64(int out, int in, off64_t *at, size_t size)
{
    extern ssize_t sendfile64(int, int, off64_t *, size_t);
    REFUSE(out)
    return REAL(sendfile64)(out, in, at, size);
}
size_t fwrite(const void *data, size_t size, size_t number, FILE *file)
{
    if (is_full(fileno(file))) { errno = full_disk(); return 0; }
    return REAL(fwrite)(data, size, number, file);
}
int mkdir(const char *path, mode_t mode)
{
    int full = 0;
    const char *folder = getenv("FAULT_FOLDER");
    if (folder && !strncmp(path, folder, strlen(folder))) {
        int handle = open(folder, O_PATH);
        full = is_full(handle);
        if (handle >= 0) close(handle);
    }
    if (full) { errno = full_disk(); return -1; }
    return REAL(mkdir)(path, mode);
}
int flock(int file, int how)
{
    const char *number = getenv("FAULT_LOCK");
    if (number) { errno = atoi(number); return -1; }
    return REAL(flock)(file, how);
}
