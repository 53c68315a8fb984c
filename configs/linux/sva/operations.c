// SPDX-License-Identifier: MIT
/*
 * Changes an address space in all ways in which a device has to hear of it, and lets the device use
 * what was changed: operations DEVICE, such as /dev/sva-00:04.0.
 *
 * Each operation stands between two marks in the SMMU's command queue (sva.h), 2n and 2n + 1 for
 * operation n, which is printed before it. What the device gets is printed behind it. Where the
 * addresses matter, because an invalidation is for a power of two, they are chosen so that it shows.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver/sva.h"

#define PAGE 4096UL
#define MIB (1UL << 20)
#define AREA(n) (0x100000000000UL + (n) * 2 * MIB) /* each has a page table of its own */
#define BYTES 64U /* of an access: one packet */
#define RW (PROT_READ | PROT_WRITE)

static const char *path, *name; /* of the device */
static int device; /* open; each process has a file of its own */
static uint32_t *number; /* of the operation; the processes share it */
static uint8_t *buffer; /* of the device's own, so to speak: never changed, and no child has it */

static void say(const char *format, ...)
{
	va_list words;

	va_start(words, format);
	dprintf(1, "%s: ", name);
	vdprintf(1, format, words);
	dprintf(1, "\n");
	va_end(words);
}

static void require(bool is_so, const char *what)
{
	if (is_so)
		return;
	say("%s: %s", what, strerror(errno));
	exit(1);
}

static void mark(uint32_t mark)
{
	require(!ioctl(device, SVA_MARK, &mark), "SVA_MARK");
}

static void begin(const char *operation)
{
	++*number;
	say("%u: %s", *number, operation);
	mark(*number * 2);
}

static void end(void)
{
	mark(*number * 2 + 1);
}

/* An operation that is one expression which is 0. */
#define OPERATION(what, expression)          \
	do {                                     \
		begin(what);                         \
		int failed = (expression);           \
		end();                               \
		require(!failed, what);              \
	} while (0)

static uint8_t *map(uint8_t *at, size_t bytes, int protection, int flags, int file)
{
	void *mapped = mmap(at, bytes, protection, flags | MAP_FIXED_NOREPLACE, file, 0);

	require(mapped == at, "mmap");
	return mapped;
}

/* Pages of an area, with other pages of it around them. */
static uint8_t *pages(int area)
{
	return map((uint8_t *)AREA(area), 2 * MIB, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static unsigned int copy(const volatile uint8_t *source, volatile uint8_t *target)
{
	struct sva_work work = {
		.opcode = SVA_COPY,
		.bytes = BYTES,
		.source = (uintptr_t)source,
		.target = (uintptr_t)target,
	};

	require(!ioctl(device, SVA_DO, &work), "SVA_DO");
	return work.status;
}

/* The device reads memory. */
static void reads(const uint8_t *at, const char *what)
{
	unsigned int status;

	memset(buffer, 0xee, BYTES);
	status = copy(at, buffer);
	if (status)
		say("device reads %s: status %u, data %s", what, status,
		    buffer[0] == 0xee && !memcmp(buffer, buffer + 1, BYTES - 1) ? "untouched" : "WRITTEN");
	else
		say("device reads %s: 0x%02x%s", what, buffer[0],
		    memcmp(buffer, buffer + 1, BYTES - 1) ? " and OTHERS" : "");
}

/* The device writes memory; the status. */
static unsigned int writes(uint8_t *at, uint8_t value)
{
	memset(buffer + PAGE, value, BYTES);
	return copy(buffer + PAGE, at);
}

static void says_of_write(const char *what, unsigned int status, const uint8_t *at)
{
	say("device writes %s: status %u, then CPU reads 0x%02x%s", what, status, at[0],
	    memcmp(at, at + 1, BYTES - 1) ? " and OTHERS" : "");
}

static void bound(void)
{
	uint32_t pasid;

	buffer = map((uint8_t *)AREA(0), 2 * MIB, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	require(!madvise(buffer, 2 * MIB, MADV_DONTFORK), "MADV_DONTFORK");
	memset(buffer, 0x11, 2 * PAGE);
	OPERATION("bind", ioctl(device, SVA_BIND, &pasid));
	reads(buffer + PAGE, "a page");
	says_of_write("a page", writes(buffer, 0x12), buffer);
}

static void unmapped(void)
{
	uint8_t *at = pages(1) + MIB / 2 - 8 * PAGE;

	memset(at, 0x21, 16 * PAGE);
	reads(at, "page 1 of 16");
	reads(at + 15 * PAGE, "page 16 of 16");
	OPERATION("munmap of 16 pages", munmap(at, 16 * PAGE));
	begin("device reads what is unmapped");
	reads(at, "it");
	end();
	begin("device writes what is unmapped");
	say("device writes it: status %u", writes(at + 15 * PAGE, 0x22));
	end();
}

static void given_back(void)
{
	uint8_t *at = pages(2) + 2 * PAGE;

	memset(at, 0x31, 4 * PAGE);
	reads(at, "page 1 of 4");
	OPERATION("DONTNEED of 4 pages", madvise(at, 4 * PAGE, MADV_DONTNEED));
	begin("CPU touches a page again");
	memset(at, 0x32, PAGE);
	end();
	reads(at, "it");
	begin("device reads a page that is not there");
	reads(at + PAGE, "it");
	end();
	begin("device writes a page that is not there");
	unsigned int status = writes(at + 2 * PAGE, 0x33);
	end();
	says_of_write("it", status, at + 2 * PAGE);
	begin("device writes where it has read");
	status = writes(at + PAGE, 0x34);
	end();
	says_of_write("it", status, at + PAGE);
}

static void protected(void)
{
	uint8_t *at = pages(3) + MIB / 2 - 2 * PAGE;
	unsigned int status;

	memset(at, 0x41, 4 * PAGE);
	says_of_write("page 4 of 4", writes(at + 3 * PAGE, 0x42), at + 3 * PAGE);
	OPERATION("mprotect R of 4 pages", mprotect(at, 4 * PAGE, PROT_READ));
	reads(at, "page 1 of 4");
	begin("device writes what is read-only");
	status = writes(at + 3 * PAGE, 0x43);
	end();
	says_of_write("it", status, at + 3 * PAGE);
	OPERATION("mprotect RW of 4 pages", mprotect(at, 4 * PAGE, RW));
	says_of_write("page 4 of 4", writes(at + 3 * PAGE, 0x44), at + 3 * PAGE);
	OPERATION("mprotect NONE of 4 pages", mprotect(at, 4 * PAGE, PROT_NONE));
	begin("device reads what is not accessible");
	reads(at, "it");
	end();
}

/* A child that lives until the pipe is closed, and then says what it has. */
static pid_t start_child(const uint8_t *at, int pipes[2])
{
	pid_t child = fork();
	char unused;

	if (child)
		return child;
	close(pipes[1]);
	if (!read(pipes[0], &unused, 1))
		say("child has 0x%02x, 0x%02x, 0x%02x", at[0], at[PAGE], at[2 * PAGE]);
	_exit(0);
}

static void forked(void)
{
	uint8_t *at = pages(4), *zero = pages(5);
	unsigned int status;
	int pipes[2];
	pid_t child;

	memset(at, 0x51, 4 * PAGE);
	require(!*(volatile uint8_t *)zero && !pipe(pipes), "pipe");
	reads(zero, "the zero page");
	says_of_write("page 1 of 4", writes(at, 0x52), at);
	begin("fork");
	child = start_child(at, pipes);
	end();
	require(child > 0, "fork");
	reads(at, "page 1 of 4");
	begin("CPU writes a page that the child has: copy");
	memset(at, 0x53, BYTES);
	end();
	reads(at, "it");
	begin("device writes a page that the child has");
	status = writes(at + PAGE, 0x54);
	end();
	close(pipes[1]);
	require(waitpid(child, NULL, 0) == child, "waitpid");
	says_of_write("it", status, at + PAGE);
	begin("CPU writes a page that nobody else has any more: reuse in place");
	memset(at + 2 * PAGE, 0x55, BYTES);
	end();
	reads(at + 2 * PAGE, "it");
	begin("CPU writes the zero page: copy");
	memset(zero, 0x56, BYTES);
	end();
	reads(zero, "it");
	close(pipes[0]);
}

static void moved(void)
{
	uint8_t *from = pages(6) + MIB / 2 - 2 * PAGE, *to = pages(7) + 2 * PAGE;

	memset(from, 0x61, 4 * PAGE);
	reads(from, "page 1 of 4");
	require(!munmap(to, 4 * PAGE), "munmap");
	OPERATION("mremap of 4 pages",
		  mremap(from, 4 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to);
	begin("device reads what was moved away");
	reads(from, "it");
	end();
	reads(to, "where it is now");
}

/* A file in memory, mapped in the middle of an area. */
static uint8_t *map_file(int area, int *file)
{
	uint8_t *at = pages(area) + 2 * PAGE;

	*file = memfd_create("sva", 0);
	require(*file >= 0 && !ftruncate(*file, 4 * PAGE) && !munmap(at, 4 * PAGE), "memfd");
	return map(at, 4 * PAGE, RW, MAP_SHARED, *file);
}

static void truncated(void)
{
	int file;
	uint8_t *at = map_file(8, &file);

	memset(at, 0x71, 4 * PAGE);
	reads(at, "page 1 of 4");
	OPERATION("truncate of 4 pages", ftruncate(file, 0));
	begin("device reads behind the end of the file");
	reads(at, "it");
	end();
	close(file);
}

static void made_dirty(void)
{
	int file;
	uint8_t *at = map_file(9, &file);
	unsigned int status;

	require(write(file, "\x72", 1) == 1 && ((volatile uint8_t *)at)[0] == 0x72, "write");
	begin("device writes a clean page");
	status = writes(at, 0x73);
	end();
	says_of_write("it", status, at);
	close(file);
}

static void split(void)
{
	uint8_t *at = pages(10);

	require(!madvise(at, 2 * MIB, MADV_HUGEPAGE), "MADV_HUGEPAGE");
	memset(at, 0x81, 2 * MIB);
	reads(at + MIB / 2, "a huge page");
	OPERATION("DONTNEED of 1 page of a huge page", madvise(at + MIB / 2, PAGE, MADV_DONTNEED));
	reads(at + MIB / 2 + PAGE, "the page behind it");
	begin("device reads the page that is not there");
	reads(at + MIB / 2, "it");
	end();
}

static void lost_its_table(void)
{
	uint8_t *at = map((uint8_t *)AREA(11) + 2 * PAGE, 4 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1);

	memset(at, 0x91, 4 * PAGE);
	reads(at, "page 1 of 4");
	OPERATION("munmap of 4 pages and of their page table", munmap(at, 4 * PAGE));
	begin("device reads what is unmapped with its table");
	reads(at, "it");
	end();

	at = pages(12);
	memset(at, 0x92, 2 * MIB);
	reads(at, "page 1 of 512");
	OPERATION("munmap of 512 pages and of their page table", munmap(at, 2 * MIB));
	begin("device reads what is unmapped with its table");
	reads(at + 2 * MIB - PAGE, "it");
	end();
}

/* Its last operation is its end. */
static void walk(void)
{
	bound();
	unmapped();
	given_back();
	protected();
	forked();
	moved();
	truncated();
	made_dirty();
	split();
	lost_its_table();
	copy(buffer, buffer + PAGE); /* what the driver repeats */
	begin("exit");
	_exit(0);
}

/* The device copies and copies when the process is killed. */
static void busy(void)
{
	struct sva_work work = { .opcode = SVA_COPY, .bytes = 16 * MIB };
	uint32_t pasid;
	uint8_t *at;

	OPERATION("bind", ioctl(device, SVA_BIND, &pasid));
	at = map((uint8_t *)AREA(0), 2UL * work.bytes, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	memset(at, 0xa1, work.bytes);
	memset(at + work.bytes, 0, work.bytes);
	work.source = (uintptr_t)at;
	work.target = (uintptr_t)at + work.bytes;
	require(!ioctl(device, SVA_KEEP_BUSY, &work), "SVA_KEEP_BUSY");
	while (!((volatile uint8_t *)at)[2UL * work.bytes - 1])
		;
	begin("SIGKILL under DMA");
	raise(SIGKILL);
}

/* What the kernel does when a process ends is over when its parent hears of it. */
static void in_a_process(void (*story)(void), int expected)
{
	pid_t child = fork();
	struct sva_end last;
	int status;

	if (!child) {
		device = open(path, O_RDWR);
		require(device >= 0, path);
		story();
		_exit(1);
	}
	require(child > 0 && waitpid(child, &status, 0) == child, "fork");
	end();
	require(status == expected, "a process has ended early");
	require(!ioctl(device, SVA_LAST_END, &last), "SVA_LAST_END");
	if (last.was_busy)
		say("of the copies the first one ended with status %u, the last one with %u", last.first,
		    last.last);
	say("device copies once more: status %u", last.again);
}

int main(int count, char **words)
{
	if (count != 2) {
		dprintf(2, "operations DEVICE, such as /dev/sva-00:04.0\n");
		return 2;
	}
	path = words[1];
	name = strchr(path, '-') ? strchr(path, '-') + 1 : path;
	device = open(path, O_RDWR);
	require(device >= 0, path);
	number = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	require(number != MAP_FAILED, "mmap");
	in_a_process(walk, 0);
	in_a_process(busy, SIGKILL);
	say("done");
	return 0;
}
