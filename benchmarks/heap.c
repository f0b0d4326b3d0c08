/* For the core with sanitizers: matrices on the heap, where the address sanitizer sees their ends. They are mapped
 * otherwise, and what lies behind a mapping may be another one. */
#include <stdlib.h>
#include <string.h>

void *__wrap_mmap(void *address, size_t size, int protection, int flags, int file, long offset);
int __wrap_munmap(void *address, size_t size);

void *__wrap_mmap(void *address, size_t size, int protection, int flags, int file, long offset) {
    (void)address, (void)protection, (void)flags, (void)file, (void)offset;
    void *memory = aligned_alloc(64, size); /* whole cache lines, as all rows are */
    return memory ? memset(memory, 0, size) : (void *)-1;
}

int __wrap_munmap(void *address, size_t size) {
    (void)size;
    free(address);
    return 0;
}
