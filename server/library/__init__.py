"""The library of experience videos (经验分享): short films of what works, approved and shared."""
