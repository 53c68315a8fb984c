// SPDX-License-Identifier: MIT OR GPL-2.0-only
/*
 * Copies with a PASID: a driver of the device model dma (devices/README.md) that attaches a domain
 * to PASID 5 and lets the device copy pages there, in a thread for each device:
 *
 *  - a page is copied, its target unmapped, and copied once more;
 *  - `rounds` times a page is copied to, unmapped, freed and handed out again, as to somebody else,
 *    while the device is told to copy to its old address;
 *  - up to `outlast` times the same is done under copies that go on meanwhile, until one of them
 *    reaches the page; then it is looked at again when the device has been cut off;
 *  - `churn` times a page is unmapped under copies to it and to its neighbours, and looked at when
 *    all of them have ended. Written 0, it ends.
 *
 * What it prints is what Linux*Test read.
 */
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/iommu.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/pci.h>

#define PASID 5
#define SOURCE 0x10000000UL
#define TARGET 0x10002000UL
#define SLOTS 8 /* pages at TARGET */

#define QUEUE 0x1000
#define RING_BASE (QUEUE + 0x00)
#define COMPLETION_BASE (QUEUE + 0x08)
#define RING_LOG2 (QUEUE + 0x10)
#define QUEUE_PASID (QUEUE + 0x14)
#define CTRL (QUEUE + 0x18)
#define STATUS (QUEUE + 0x1c)
#define TAIL (QUEUE + 0x20)
#define HEAD (QUEUE + 0x24)

#define COPY 1
#define LOG2_ENTRIES 12
#define ENTRIES BIT(LOG2_ENTRIES)
#define COMPLETIONS (ENTRIES * 64) /* behind the ring */
#define RING_BYTES (COMPLETIONS + ENTRIES * 32)
#define BATCH 16 /* copies beside an unmap */

#define OK 0
#define REFUSED 2
#define CUT_OFF -1 /* registers are all ones */

static unsigned int rounds;
module_param(rounds, uint, 0444);
static unsigned int outlast;
module_param(outlast, uint, 0444);
static unsigned int churn;
module_param(churn, uint, 0644);
static char *only; /* the one function to drive; all, if there is none */
module_param(only, charp, 0444);

struct copier {
	struct device *dev;
	void __iomem *bar;
	__le64 *ring;
	dma_addr_t ring_at;
	u32 tail;
	struct iommu_domain *domain;
	struct page *source;
	struct page *target[SLOTS];
	struct task_struct *thread;
};

/* Copies a page of PASID 5 to a slot; the device does it when it is told to go. */
static void queue_copy(struct copier *c, unsigned int slot)
{
	unsigned int at = c->tail % ENTRIES;
	__le64 *descriptor = c->ring + at * 8;

	descriptor[0] = cpu_to_le64((u64)PAGE_SIZE << 32 | COPY);
	descriptor[1] = cpu_to_le64(SOURCE);
	descriptor[2] = cpu_to_le64(TARGET + slot * PAGE_SIZE);
	descriptor[4] = cpu_to_le64(c->tail + 1);
	c->tail++;
}

static void go(struct copier *c)
{
	writel(c->tail, c->bar + TAIL); /* which orders what was written before */
}

/* Until so many are done in all; there is no end to the wait but the test's. */
static int await(struct copier *c, u32 done)
{
	while ((s32)(readl(c->bar + HEAD) - done) < 0) { /* so are all ones */
		u32 status = readl(c->bar + STATUS);

		if (status == ~0U)
			return CUT_OFF;
		if (status & 2)
			return -EIO;
		usleep_range(100, 1000);
	}
	return 0;
}

static int finish(struct copier *c)
{
	return await(c, c->tail);
}

static void start(struct copier *c)
{
	c->tail = 0;
	writeq(c->ring_at, c->bar + RING_BASE);
	writeq(c->ring_at + COMPLETIONS, c->bar + COMPLETION_BASE);
	writel(LOG2_ENTRIES, c->bar + RING_LOG2);
	writel(BIT(31) | PASID, c->bar + QUEUE_PASID);
	writel(1, c->bar + CTRL);
}

/* Gives up what is queued. */
static void stop(struct copier *c)
{
	writel(0, c->bar + CTRL);
	while (readl(c->bar + STATUS) & 1 && readl(c->bar + STATUS) != ~0U)
		msleep(1);
}

/* The status of one that is done, counted from the last. */
static int status_of(struct copier *c, unsigned int back)
{
	unsigned int at = (c->tail - 1 - back) % ENTRIES;

	return le64_to_cpu(READ_ONCE(c->ring[COMPLETIONS / 8 + at * 4])) & 0xff;
}

static int copy(struct copier *c)
{
	int err;

	queue_copy(c, 0);
	go(c);
	err = finish(c);
	return err ?: status_of(c, 0);
}

static int map(struct copier *c, unsigned int slot)
{
	return iommu_map(c->domain, TARGET + slot * PAGE_SIZE, page_to_phys(c->target[slot]), PAGE_SIZE,
			 IOMMU_READ | IOMMU_WRITE, GFP_KERNEL);
}

static void unmap(struct copier *c, unsigned int slot)
{
	if (iommu_iova_to_phys(c->domain, TARGET + slot * PAGE_SIZE))
		iommu_unmap(c->domain, TARGET + slot * PAGE_SIZE, PAGE_SIZE);
}

static void try(struct copier *c)
{
	u8 *source = page_address(c->source), *target = page_address(c->target[0]);
	int status, i;

	for (i = 0; i < PAGE_SIZE; i++)
		source[i] = i * 7 + 3;
	status = copy(c);
	dev_info(c->dev, "copy with PASID %d: status %d, %s\n", PASID, status,
		 memcmp(source, target, PAGE_SIZE) ? "DIFFERENT" : "SAME");

	memset(target, 0x55, PAGE_SIZE);
	dev_info(c->dev, "iommu_unmap: %zu bytes\n", iommu_unmap(c->domain, TARGET, PAGE_SIZE));
	status = copy(c);
	dev_info(c->dev, "copy after iommu_unmap: status %d, %s\n", status,
		 memchr_inv(target, 0x55, PAGE_SIZE) ? "WRITTEN" : "UNTOUCHED");
}

/*
 * Frees a page and allocates until it is handed out again; what came before it is given back. A CPU
 * gives out first what was freed there last.
 */
static struct page *hand_out_again(struct page *page)
{
	static struct page *taken[1000];
	phys_addr_t at = page_to_phys(page);
	unsigned int count = 0;

	migrate_disable();
	__free_page(page);
	while ((page = alloc_page(GFP_KERNEL)) && page_to_phys(page) != at && count < ARRAY_SIZE(taken))
		taken[count++] = page;
	migrate_enable();
	while (count)
		__free_page(taken[--count]);
	return page;
}

/* Whether what a device was told to write to its old address has come into somebody else's page. */
static int look_again(struct copier *c, unsigned int round)
{
	int before, after;

	if (map(c, 0))
		return -ENOMEM;
	before = copy(c);
	unmap(c, 0);
	c->target[0] = hand_out_again(c->target[0]);
	if (!c->target[0])
		return -ENOMEM;
	memset(page_address(c->target[0]), 0x55, PAGE_SIZE);
	after = copy(c);
	dev_info(c->dev, "round %u: page 0x%llx, status %d, after it was handed out again %d, %s\n", round,
		 page_to_phys(c->target[0]), before, after,
		 memchr_inv(page_address(c->target[0]), 0x55, PAGE_SIZE) ? "OVERWRITTEN" : "KEPT");
	return after == CUT_OFF ? -EIO : 0;
}

/* Takes a page away under copies to it that go on. */
static int unmap_under_copies(struct copier *c)
{
	int err = map(c, 0);

	if (err)
		return err;
	while (c->tail < ENTRIES)
		queue_copy(c, 0);
	go(c);
	err = await(c, 1);
	unmap(c, 0);
	c->target[0] = hand_out_again(c->target[0]);
	return err ?: c->target[0] ? 0 : -ENOMEM;
}

/*
 * The device copies to its old address all the time, so that no register has to be written: when it
 * is cut off it goes on with what is queued, which the test makes to take long enough.
 */
static int outlast_unmap(struct copier *c, unsigned int round)
{
	int err;
	u8 *page;
	bool overwritten;

	start(c);
	err = unmap_under_copies(c);
	if (err)
		return err;
	page = page_address(c->target[0]);
	memset(page, 0x55, PAGE_SIZE);
	err = await(c, min(readl(c->bar + HEAD) + 2, c->tail)); /* the second has begun after that */
	overwritten = memchr_inv(page, 0x55, PAGE_SIZE);
	dev_info(c->dev, "under copies %u: page 0x%llx, after it was handed out again %s\n", round,
		 page_to_phys(c->target[0]), overwritten ? "OVERWRITTEN" : "KEPT");
	if (overwritten) {
		err = finish(c);
		memset(page, 0x55, PAGE_SIZE);
		while (err == CUT_OFF && !memchr_inv(page, 0x55, PAGE_SIZE))
			msleep(1);
		dev_info(c->dev, "under copies %u: the device %s\n", round,
			 err == CUT_OFF ? "is cut off, and then the page OVERWRITTEN" : "is done");
	}
	stop(c);
	return err;
}

static int churn_pages(struct copier *c)
{
	unsigned int unmaps = 0, copied = 0, refused = 0, others = 0, overwritten = 0, slot, i;
	int err = 0;

	for (slot = 0; slot < SLOTS && !err; slot++)
		err = map(c, slot);
	for (i = 0; !err && unmaps < READ_ONCE(churn) && !kthread_should_stop(); i++) {
		slot = i * 5 % SLOTS;
		for (unsigned int each = 0; each < BATCH; each++)
			queue_copy(c, each % 3 ? (i + each) % SLOTS : slot);
		go(c);
		iommu_unmap(c->domain, TARGET + slot * PAGE_SIZE, PAGE_SIZE);
		unmaps++;
		memset(page_address(c->target[slot]), 0x55, PAGE_SIZE);
		err = finish(c);
		overwritten += !!memchr_inv(page_address(c->target[slot]), 0x55, PAGE_SIZE);
		for (unsigned int each = 0; each < BATCH && !err; each++) {
			int status = status_of(c, each);

			copied += status == OK;
			refused += status == REFUSED;
			others += status != OK && status != REFUSED;
		}
		if (i == 0)
			dev_info(c->dev, "churn: begun\n");
		__free_page(c->target[slot]);
		c->target[slot] = alloc_page(GFP_KERNEL);
		err = err ?: c->target[slot] ? map(c, slot) : -ENOMEM;
	}
	dev_info(c->dev, "churn: %u unmaps beside %u copies and %u refused, %u others, %u pages OVERWRITTEN\n",
		 unmaps, copied, refused, others, overwritten);
	return err;
}

static int drive(struct copier *c)
{
	int err = 0;

	try(c);
	for (unsigned int round = 1; round <= rounds && !err; round++)
		err = look_again(c, round);
	if (!err && outlast)
		stop(c);
	for (unsigned int round = 1; round <= outlast && !err; round++)
		err = outlast_unmap(c, round);
	if (!err && READ_ONCE(churn))
		err = churn_pages(c);
	return err;
}

static int map_and_drive(struct copier *c)
{
	int err = iommu_map(c->domain, SOURCE, page_to_phys(c->source), PAGE_SIZE, IOMMU_READ | IOMMU_WRITE,
			    GFP_KERNEL);

	err = err ?: map(c, 0);
	if (err)
		return err;
	err = iommu_attach_device_pasid(c->domain, c->dev, PASID, NULL);
	dev_info(c->dev, "iommu_attach_device_pasid: %d\n", err);
	if (err)
		return err;
	start(c);
	err = drive(c);
	stop(c);
	iommu_detach_device_pasid(c->domain, c->dev, PASID);
	return err;
}

static int thread(void *data)
{
	struct copier *c = data;
	int err = map_and_drive(c);

	for (unsigned int slot = 0; slot < SLOTS; slot++)
		unmap(c, slot);
	if (iommu_iova_to_phys(c->domain, SOURCE))
		iommu_unmap(c->domain, SOURCE, PAGE_SIZE);
	dev_info(c->dev, "pasid: done, %d\n", err);
	while (!kthread_should_stop())
		msleep_interruptible(100);
	return 0;
}

static void release(struct copier *c)
{
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		if (c->target[slot])
			__free_page(c->target[slot]);
	if (c->source)
		__free_page(c->source);
	if (!IS_ERR_OR_NULL(c->domain))
		iommu_domain_free(c->domain);
}

static int begin(struct copier *c)
{
	for (unsigned int slot = 0; slot < SLOTS; slot++)
		if (!(c->target[slot] = alloc_page(GFP_KERNEL)))
			return -ENOMEM;
	c->source = alloc_page(GFP_KERNEL);
	if (!c->source)
		return -ENOMEM;
	c->domain = iommu_paging_domain_alloc(c->dev);
	if (IS_ERR(c->domain))
		return PTR_ERR(c->domain);
	c->thread = kthread_run(thread, c, "%s", dev_name(c->dev));
	return PTR_ERR_OR_ZERO(c->thread);
}

static int pasid_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct copier *c;
	int err;

	if (only && strcmp(only, pci_name(pdev)))
		return -ENODEV;
	c = devm_kzalloc(&pdev->dev, sizeof(*c), GFP_KERNEL);
	if (!c)
		return -ENOMEM;
	c->dev = &pdev->dev;
	err = pcim_enable_device(pdev);
	if (err)
		return err;
	pci_set_master(pdev);
	err = dma_set_mask_and_coherent(&pdev->dev, DMA_BIT_MASK(48));
	if (err)
		return err;
	c->bar = pcim_iomap(pdev, 0, 0);
	c->ring = dmam_alloc_coherent(&pdev->dev, RING_BYTES, &c->ring_at, GFP_KERNEL);
	if (!c->bar || !c->ring)
		return -ENOMEM;
	pci_set_drvdata(pdev, c);
	err = begin(c);
	if (err)
		release(c);
	return err;
}

static void pasid_remove(struct pci_dev *pdev)
{
	struct copier *c = pci_get_drvdata(pdev);

	kthread_stop(c->thread);
	release(c);
	dev_info(&pdev->dev, "pasid: removed\n");
}

static const struct pci_device_id pasid_ids[] = { { PCI_DEVICE(0x534d, 0x0001) }, {} };
MODULE_DEVICE_TABLE(pci, pasid_ids);

static struct pci_driver pasid_driver = {
	.name = "pasid",
	.id_table = pasid_ids,
	.probe = pasid_probe,
	.remove = pasid_remove,
};
module_pci_driver(pasid_driver);

MODULE_DESCRIPTION("Copies of a dma device with a PASID");
MODULE_LICENSE("Dual MIT/GPL");
