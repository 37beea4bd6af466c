"""One comment on a pull request in GitHub or GitLab: found by its first line and author, and replaced."""

from surefoot.integrations.git_hosts.comments import MARK, Posted, ready
from surefoot.integrations.git_hosts.github import GitHub, GitHubPullRequest
from surefoot.integrations.git_hosts.gitlab import GitLab, GitLabMergeRequest

__all__ = ["MARK", "GitHub", "GitHubPullRequest", "GitLab", "GitLabMergeRequest", "Posted", "ready"]
