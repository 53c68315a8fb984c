// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Shares address spaces of processes with a dma device (devices/README.md): who opens /dev/sva-* and
 * binds has a queue of the device, whose data accesses have the PASID of the process. Whatever the
 * kernel changes in the page table of that process it then tells the SMMU and the device.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iommu.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/uaccess.h>

#include "sva.h"

#define QUEUES 0x08
#define QUEUE(n) (0x1000 + (n) * 0x80)
#define RING_BASE 0x00
#define COMPLETION_BASE 0x08
#define RING_LOG2 0x10
#define QUEUE_PASID 0x14
#define CTRL 0x18
#define STATUS 0x1c
#define TAIL 0x20
#define HEAD 0x24

#define ENTRIES_LOG2 10
#define ENTRIES (1 << ENTRIES_LOG2)
#define MOST_QUEUES 8

struct sva_queue {
	void __iomem *registers;
	__le64 *ring, *completions; /* 8 and 4 words each */
	bool taken;
};

struct sva_device {
	struct device *dev;
	struct miscdevice misc;
	struct mutex lock; /* of the queues' being taken, and the end */
	struct sva_end end;
	void *mark; /* a page */
	unsigned int queues;
	struct sva_queue queue[MOST_QUEUES];
};

struct sva_file {
	struct sva_device *device;
	struct mutex lock; /* of everything below */
	struct sva_queue *queue; /* of a bound file only */
	struct iommu_sva *bond;
	struct sva_work last;
	u32 tail;
};

static bool is_idle(struct sva_file *f)
{
	return readl(f->queue->registers + HEAD) == f->tail || readl(f->queue->registers + STATUS) & 2;
}

static void await_idle(struct sva_file *f)
{
	while (!is_idle(f))
		usleep_range(50, 200);
}

static unsigned int status_of(struct sva_file *f, u32 entry)
{
	return le64_to_cpu(READ_ONCE(f->queue->completions[entry % ENTRIES * 4])) & 0xff;
}

static void submit(struct sva_file *f, const struct sva_work *work, u32 count)
{
	f->last = *work;
	for (; count; count--) {
		__le64 *descriptor = f->queue->ring + f->tail % ENTRIES * 8;

		descriptor[0] = cpu_to_le64((u64)work->bytes << 32 | work->opcode);
		descriptor[1] = cpu_to_le64(work->source);
		descriptor[2] = cpu_to_le64(work->target);
		descriptor[4] = cpu_to_le64(++f->tail);
	}
	writel(f->tail, f->queue->registers + TAIL); /* which orders what was written before */
}

static int do_work(struct sva_file *f, struct sva_work *work)
{
	submit(f, work, 1);
	await_idle(f);
	work->status = status_of(f, f->tail - 1);
	return readl(f->queue->registers + STATUS) & 2 ? -EIO : 0;
}

static struct sva_queue *take_queue(struct sva_device *d)
{
	struct sva_queue *found = NULL;

	mutex_lock(&d->lock);
	for (int i = 0; i < d->queues && !found; i++)
		if (!d->queue[i].taken)
			found = &d->queue[i];
	if (found)
		found->taken = true;
	mutex_unlock(&d->lock);
	return found;
}

static void give_queue(struct sva_device *d, struct sva_queue *queue)
{
	mutex_lock(&d->lock);
	queue->taken = false;
	mutex_unlock(&d->lock);
}

static int bind(struct sva_file *f, u32 *pasid)
{
	if (f->bond)
		return -EBUSY;
	f->queue = take_queue(f->device);
	if (!f->queue)
		return -ENOSPC;
	f->bond = iommu_sva_bind_device(f->device->dev, current->mm);
	if (IS_ERR(f->bond)) {
		int err = PTR_ERR(f->bond);

		f->bond = NULL;
		give_queue(f->device, f->queue);
		return err;
	}
	*pasid = iommu_sva_get_pasid(f->bond);
	f->tail = 0;
	writel(BIT(31) | *pasid, f->queue->registers + QUEUE_PASID);
	writel(1, f->queue->registers + CTRL);
	return 0;
}

/* The command queue then has the invalidation of this page. */
static int mark(struct sva_device *d, u32 number)
{
	struct iommu_domain *domain = iommu_get_domain_for_dev(d->dev);
	unsigned long at = SVA_MARKS + number * PAGE_SIZE;
	int err = iommu_map(domain, at, virt_to_phys(d->mark), PAGE_SIZE, IOMMU_READ, GFP_KERNEL);

	if (!err && iommu_unmap(domain, at, PAGE_SIZE) != PAGE_SIZE)
		err = -EIO;
	return err;
}

static long ioctl_locked(struct sva_file *f, unsigned int command, void __user *argument)
{
	struct sva_work work;
	struct sva_end end;
	u32 number = 0;
	int err;

	switch (command) {
	case SVA_BIND:
		err = bind(f, &number);
		return err ?: copy_to_user(argument, &number, sizeof(number)) ? -EFAULT : 0;
	case SVA_LAST_END:
		mutex_lock(&f->device->lock);
		end = f->device->end;
		mutex_unlock(&f->device->lock);
		return copy_to_user(argument, &end, sizeof(end)) ? -EFAULT : 0;
	case SVA_MARK:
		if (copy_from_user(&number, argument, sizeof(number)))
			return -EFAULT;
		return mark(f->device, number);
	case SVA_DO:
	case SVA_KEEP_BUSY:
		if (!f->bond)
			return -EINVAL;
		if (copy_from_user(&work, argument, sizeof(work)))
			return -EFAULT;
		if (!is_idle(f))
			return -EBUSY;
		if (command == SVA_KEEP_BUSY) {
			submit(f, &work, ENTRIES);
			return 0;
		}
		err = do_work(f, &work);
		return err ?: copy_to_user(argument, &work, sizeof(work)) ? -EFAULT : 0;
	default:
		return -ENOTTY;
	}
}

static long sva_ioctl(struct file *file, unsigned int command, unsigned long argument)
{
	struct sva_file *f = file->private_data;
	long result;

	mutex_lock(&f->lock);
	result = ioctl_locked(f, command, (void __user *)argument);
	mutex_unlock(&f->lock);
	return result;
}

static int sva_open(struct inode *inode, struct file *file)
{
	struct sva_file *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (!f)
		return -ENOMEM;
	f->device = container_of(file->private_data, struct sva_device, misc);
	mutex_init(&f->lock);
	file->private_data = f;
	return 0;
}

/* The process has died, and its address space with it: what the device does there is refused. */
static struct sva_end end_of(struct sva_file *f)
{
	u32 first = f->tail - ENTRIES, last = f->tail - 1;
	struct sva_end end = { .was_busy = !is_idle(f) };
	struct sva_work again = f->last;

	await_idle(f);
	if (end.was_busy) {
		end.first = status_of(f, first);
		end.last = status_of(f, last);
	}
	again.bytes = PAGE_SIZE;
	do_work(f, &again);
	end.again = again.status;
	return end;
}

static int sva_release(struct inode *inode, struct file *file)
{
	struct sva_file *f = file->private_data;

	if (f->bond) {
		if (!current->mm) {
			struct sva_end end = end_of(f);

			mutex_lock(&f->device->lock);
			f->device->end = end;
			mutex_unlock(&f->device->lock);
		}
		writel(0, f->queue->registers + CTRL);
		while (readl(f->queue->registers + STATUS) & 1)
			usleep_range(50, 200);
		iommu_sva_unbind_device(f->bond);
		give_queue(f->device, f->queue);
	}
	kfree(f);
	return 0;
}

static const struct file_operations sva_operations = {
	.owner = THIS_MODULE,
	.open = sva_open,
	.release = sva_release,
	.unlocked_ioctl = sva_ioctl,
};

static int set_up(struct sva_device *d, void __iomem *bar)
{
	size_t bytes = ENTRIES * (64 + 32);

	d->queues = min(readl(bar + QUEUES), MOST_QUEUES);
	for (int i = 0; i < d->queues; i++) {
		struct sva_queue *queue = &d->queue[i];
		dma_addr_t at;

		queue->registers = bar + QUEUE(i);
		queue->ring = dmam_alloc_coherent(d->dev, bytes, &at, GFP_KERNEL);
		if (!queue->ring)
			return -ENOMEM;
		queue->completions = queue->ring + ENTRIES * 8;
		writeq(at, queue->registers + RING_BASE);
		writeq(at + ENTRIES * 64, queue->registers + COMPLETION_BASE);
		writel(ENTRIES_LOG2, queue->registers + RING_LOG2);
	}
	return 0;
}

static int sva_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct sva_device *d = devm_kzalloc(&pdev->dev, sizeof(*d), GFP_KERNEL);
	void __iomem *bar;
	int err;

	if (!d)
		return -ENOMEM;
	d->dev = &pdev->dev;
	mutex_init(&d->lock);
	err = pcim_enable_device(pdev);
	if (err)
		return err;
	pci_set_master(pdev);
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(48));
	if (err)
		return err;
	bar = pcim_iomap(pdev, 0, 0);
	d->mark = (void *)devm_get_free_pages(&pdev->dev, GFP_KERNEL, 0);
	if (!bar || !d->mark)
		return -ENOMEM;
	err = set_up(d, bar);
	if (err)
		return err;
	d->misc.minor = MISC_DYNAMIC_MINOR;
	d->misc.fops = &sva_operations;
	d->misc.name = devm_kasprintf(&pdev->dev, GFP_KERNEL, "sva-%02x:%02x.%d", pdev->bus->number,
				      PCI_SLOT(pdev->devfn), PCI_FUNC(pdev->devfn));
	pci_set_drvdata(pdev, d);
	return d->misc.name ? misc_register(&d->misc) : -ENOMEM;
}

static void sva_remove(struct pci_dev *pdev)
{
	struct sva_device *d = pci_get_drvdata(pdev);

	misc_deregister(&d->misc);
}

static const struct pci_device_id sva_ids[] = { { PCI_DEVICE(0x534d, 0x0001) }, {} };
MODULE_DEVICE_TABLE(pci, sva_ids);

static struct pci_driver sva_driver = {
	.name = "sva",
	.id_table = sva_ids,
	.probe = sva_probe,
	.remove = sva_remove,
};
module_pci_driver(sva_driver);

MODULE_DESCRIPTION("Address spaces of processes for dma devices");
MODULE_LICENSE("Dual MIT/GPL");
