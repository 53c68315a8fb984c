/* SPDX-License-Identifier: MIT OR GPL-2.0-only WITH Linux-syscall-note */
/* What /dev/sva-BUS:DEVICE.FUNCTION takes: work of a dma device in the address space of who asks. */
#ifndef SVA_H
#define SVA_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* A descriptor of the device (devices/README.md), and the status of its completion. */
struct sva_work {
	__u32 opcode;
	__u32 bytes;
	__u64 source;
	__u64 target;
	__u32 status;
	__u32 reserved;
};

#define SVA_COPY 1

/* Statuses; those of a ring full of work only if there was one. */
struct sva_end {
	__u32 first, last; /* of the ring's work */
	__u32 again; /* of the last work once more, when the process was dead */
	__u32 was_busy;
};

/* Binds the caller's address space to the device, until the file is closed; the PASID. */
#define SVA_BIND _IOR('s', 0, __u32)
/* Does one piece of work, and waits. */
#define SVA_DO _IOWR('s', 1, struct sva_work)
/* Gives the device a ring full of the same work, and does not wait. */
#define SVA_KEEP_BUSY _IOW('s', 2, struct sva_work)
/* How the device fared with the last process that died while it was bound. */
#define SVA_LAST_END _IOR('s', 3, struct sva_end)
/* Maps and unmaps a page for the device, outside of what processes and drivers use: a mark between commands. */
#define SVA_MARK _IOW('s', 4, __u32)
/* Address of the page of mark n: SVA_MARKS + n pages. */
#define SVA_MARKS 0x10000000000ULL

#endif
