/*
 * The first program in the guest of the tests Linux*Test: does what is typed at the console, a line
 * each, and says that it is done. It never gives up waiting: that is the test's part.
 *
 *   vfio                       lets an edu (devices/README.md) copy through VFIO
 *   load NAME [PARAMETERS]     loads a module of this guest
 *   unload NAME
 *   peek ADDRESS               reads the first register of a PCI function
 *   write FILE TEXT
 *   off
 *
 * It speaks through the kernel's log, whose lines are never mixed.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/vfio.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#define EDU "0000:00:02.0"
#define IOVA 0x200000UL
#define PAGE 4096UL
#define BYTES 1024UL
#define BUFFER 0x40000UL /* the device's own */
#define FROM_MEMORY 1
#define TO_MEMORY 3

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
	static int log = -1;
	char line[512] = "<6>boot: ";
	va_list values;

	if (log < 0)
		log = open("/dev/kmsg", O_WRONLY);
	va_start(values, format);
	vsnprintf(line + strlen(line), sizeof(line) - strlen(line) - 1, format, values);
	va_end(values);
	strcat(line, "\n"); /* the kernel shows no line that may go on */
	if (write(log, line, strlen(line)) < 0)
		reboot(RB_POWER_OFF);
}

static void fail(const char *what)
{
	say("%s: %s", what, strerror(errno));
	reboot(RB_POWER_OFF);
}

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		fail(path);
	close(fd);
}

static void load(const char *name, const char *parameters)
{
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "/modules/%s", name);
	fd = open(path, O_RDONLY);
	if (fd < 0 || syscall(SYS_finit_module, fd, parameters, 0))
		fail(path);
	close(fd);
}

static void unload(const char *name)
{
	if (syscall(SYS_delete_module, name, 0))
		fail(name);
}

/* All modules whose name begins so, in the order of their names. */
static void load_all(const char *begin)
{
	struct dirent **names;
	int count = scandir("/modules", &names, NULL, alphasort);

	for (int i = 0; i < count; i++)
		if (!strncmp(names[i]->d_name, begin, strlen(begin)))
			load(names[i]->d_name, "");
}

struct edu {
	int container;
	volatile uint8_t *bar;
};

static void open_edu(struct edu *edu)
{
	char link[256], path[64];
	struct vfio_region_info bar = { .argsz = sizeof(bar), .index = VFIO_PCI_BAR0_REGION_INDEX };
	struct vfio_region_info config = { .argsz = sizeof(config), .index = VFIO_PCI_CONFIG_REGION_INDEX };
	uint16_t command = 6; /* memory space, bus master */
	ssize_t length;
	int group, device;

	put("/sys/bus/pci/devices/" EDU "/driver_override", "vfio-pci");
	put("/sys/bus/pci/drivers_probe", EDU);
	length = readlink("/sys/bus/pci/devices/" EDU "/iommu_group", link, sizeof(link) - 1);
	if (length < 0)
		fail("no IOMMU group");
	link[length] = 0;
	snprintf(path, sizeof(path), "/dev/vfio/%s", strrchr(link, '/') + 1);
	edu->container = open("/dev/vfio/vfio", O_RDWR);
	group = open(path, O_RDWR);
	if (edu->container < 0 || group < 0)
		fail(path);
	if (ioctl(group, VFIO_GROUP_SET_CONTAINER, &edu->container) ||
	    ioctl(edu->container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU))
		fail("VFIO type 1");
	device = ioctl(group, VFIO_GROUP_GET_DEVICE_FD, EDU);
	if (device < 0 || ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &bar) ||
	    ioctl(device, VFIO_DEVICE_GET_REGION_INFO, &config) ||
	    pwrite(device, &command, sizeof(command), config.offset + 4) != sizeof(command))
		fail("VFIO device");
	edu->bar = mmap(NULL, bar.size, PROT_READ | PROT_WRITE, MAP_SHARED, device, bar.offset);
	if (edu->bar == MAP_FAILED)
		fail("BAR 0");
}

static void transfer(struct edu *edu, uint64_t source, uint64_t target, uint64_t command)
{
	*(volatile uint64_t *)(edu->bar + 0x80) = source;
	*(volatile uint64_t *)(edu->bar + 0x88) = target;
	*(volatile uint64_t *)(edu->bar + 0x90) = BYTES;
	*(volatile uint64_t *)(edu->bar + 0x98) = command;
	while (*(volatile uint64_t *)(edu->bar + 0x98) & 1)
		usleep(1000);
}

static void copy_through_vfio(void)
{
	struct edu edu;
	uint8_t *memory = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *back = memory + 2 * PAGE;
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)memory,
		.iova = IOVA,
		.size = 4 * PAGE,
	};
	struct vfio_iommu_type1_dma_unmap unmap = { .argsz = sizeof(unmap), .iova = IOVA, .size = 4 * PAGE };
	int touched = 0;

	open_edu(&edu);
	for (unsigned long i = 0; i < BYTES; i++)
		memory[i] = i * 5 + 1;
	if (ioctl(edu.container, VFIO_IOMMU_MAP_DMA, &map))
		fail("VFIO_IOMMU_MAP_DMA");
	transfer(&edu, IOVA, BUFFER, FROM_MEMORY);
	transfer(&edu, BUFFER, IOVA + 2 * PAGE, TO_MEMORY);
	say("VFIO copy: %s", memcmp(memory, back, BYTES) ? "DIFFERENT" : "SAME");

	if (ioctl(edu.container, VFIO_IOMMU_UNMAP_DMA, &unmap))
		fail("VFIO_IOMMU_UNMAP_DMA");
	memset(back, 0x55, BYTES);
	transfer(&edu, BUFFER, IOVA + 2 * PAGE, TO_MEMORY);
	for (unsigned long i = 0; i < BYTES; i++)
		touched |= back[i] != 0x55;
	say("VFIO copy after unmap: %s", touched ? "WRITTEN" : "UNTOUCHED");
}

static void vfio(void)
{
	load_all("1"); /* VFIO's */
	/* A GICv2m takes every device's word for an interrupt. */
	put("/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "1");
	copy_through_vfio();
}

static void peek(const char *function)
{
	char path[100];
	volatile uint32_t *bar;
	int fd;

	snprintf(path, sizeof(path), "/sys/bus/pci/devices/%s/resource0", function);
	fd = open(path, O_RDWR | O_SYNC);
	bar = fd < 0 ? MAP_FAILED : mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	if (bar == MAP_FAILED)
		fail(path);
	say("%s reads 0x%08x", function, bar[0]);
	munmap((void *)bar, PAGE);
	close(fd);
}

static void perform(const char *what, const char *name, const char *text)
{
	if (!strcmp(what, "vfio"))
		vfio();
	else if (!strcmp(what, "load"))
		load(name, text);
	else if (!strcmp(what, "unload"))
		unload(name);
	else if (!strcmp(what, "peek"))
		peek(name);
	else if (!strcmp(what, "write"))
		put(name, text);
	else if (!strcmp(what, "off"))
		reboot(RB_POWER_OFF);
	else
		say("there is no '%s'", what);
}

int main(void)
{
	char line[512] = "";
	struct termios console;
	FILE *uptime;
	int done = 0;

	mount("proc", "/proc", "proc", 0, NULL);
	mount("sys", "/sys", "sysfs", 0, NULL);
	mount("dev", "/dev", "devtmpfs", 0, NULL);
	put("/proc/sys/kernel/printk_devkmsg", "on\n");
	if (tcgetattr(0, &console))
		fail("console");
	console.c_lflag &= ~ECHO;
	tcsetattr(0, TCSANOW, &console);
	uptime = fopen("/proc/uptime", "r");
	if (!uptime || !fgets(line, sizeof(line), uptime))
		fail("/proc/uptime");
	fclose(uptime);
	say("user space after %s s", strtok(line, " "));
	while (fgets(line, sizeof(line), stdin)) {
		char copy[512];
		char *rest = line, *what, *name;

		line[strcspn(line, "\r\n")] = 0;
		strcpy(copy, line);
		what = strsep(&rest, " ");
		name = strsep(&rest, " ");
		perform(what, name ? name : "", rest ? rest : "");
		say("done %d: %s", ++done, copy);
	}
	fail("console");
	return 0;
}
